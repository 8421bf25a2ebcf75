import { evaluate, Random, selectBackend, tf } from '@attune/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { opinions, TINY_BERT } from '../../test/tiny-bert.ts';
import { textSource } from '../text/source.ts';
import { loadEncoder } from './checkpoint.ts';
import { contrastivePairs } from './contrastive-pairs.ts';
import type { EncoderNetwork } from './encoder-network.ts';
import { setFit } from './setfit.ts';

const networks: EncoderNetwork[] = [];
beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});
afterEach(() => {
  for (const network of networks.splice(0)) network.dispose();
});

async function open(pooling: 'mean' | 'pooler' = 'mean') {
  const loaded = await loadEncoder(TINY_BERT, { classes: 2, seed: 1, pooling });
  networks.push(loaded.network);
  return loaded;
}

describe('contrastivePairs', () => {
  it('gives every example so many pairs of each kind', () => {
    const labels = [0, 0, 1, 1, 1, 2];
    const pairs = contrastivePairs(labels, 4, Random.fromSeed(1));
    expect(pairs).toHaveLength(6 * 2 * 4);
    for (const { first, second, same } of pairs) {
      expect(labels[first] === labels[second]).toBe(same === 1);
      // The only one of its class.
      expect(first === second).toBe(first === 5 && same === 1);
    }
    for (const example of labels.keys())
      for (const kind of [0, 1])
        expect(pairs.filter(({ first, same }) => first === example && same === kind)).toHaveLength(4);
    expect(contrastivePairs(labels, 4, Random.fromSeed(1))).toEqual(pairs);
    expect(() => contrastivePairs([1, 1], 4, Random.fromSeed(1))).toThrow(RangeError);
  });
});

describe('setFit', () => {
  it('learns from eight examples of each class, the same for a seed', async () => {
    const accuracies: number[] = [];
    const losses: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      const { network, tokenizer } = await open();
      const encode = (count: number, seed: number) =>
        tokenizer.encodeExamples(opinions(count, seed), { maxTokens: 32 });
      const before = tf.memory().numTensors;
      const seen: number[] = [];
      const result = await setFit({
        network,
        train: encode(16, 1),
        iterations: 10,
        learningRate: 1e-3,
        seed: 3,
        onProgress: (done) => seen.push(done),
      });
      expect(tf.memory().numTensors).toBe(before);
      expect(result).toMatchObject({ pairs: 320, updates: 20 });
      expect(seen).toHaveLength(20);
      expect(result.loss.last).toBeLessThan(0.7 * result.loss.first);
      losses.push(result);
      accuracies.push((await evaluate({ network, source: textSource(encode(200, 2)), batchSize: 50 })).accuracy);
    }
    expect(accuracies[0]).toBeGreaterThan(0.85);
    expect(accuracies[1]).toBe(accuracies[0]);
    expect(losses[1]).toEqual(losses[0]);
  });

  it('refuses one class and other poolings', async () => {
    const { network, tokenizer } = await open();
    const one = opinions(8, 1).filter(({ label }) => label === 1);
    const train = tokenizer.encodeExamples(one, { maxTokens: 32 });
    await expect(setFit({ network, train, seed: 0 })).rejects.toThrow(/All examples are of one class/);
    const pooled = (await open('pooler')).network;
    await expect(setFit({ network: pooled, train, seed: 0 })).rejects.toThrow(/pools by pooler/);
  });

  it('stops when it is told to, and frees what it holds', async () => {
    const { network, tokenizer } = await open();
    const train = tokenizer.encodeExamples(opinions(8, 1), { maxTokens: 32 });
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const onProgress = (done: number) => done === 2 && stop.abort(new Error('stopped'));
    await expect(setFit({ network, train, seed: 0, signal: stop.signal, onProgress })).rejects.toThrow('stopped');
    expect(tf.memory().numTensors).toBe(before);
  });
});
