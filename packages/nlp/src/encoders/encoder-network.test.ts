/** The encoder against plain loops, against itself at other paddings, and as a `Network`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Lora, logisticRegression, readSafetensors, selectBackend, tapShapes, tf, UserError } from '@attune/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { referenceEncoder } from '../../test/reference-encoder.ts';
import { batchOf, opinions, TINY_BERT } from '../../test/tiny-bert.ts';
import { loadEncoder } from './checkpoint.ts';
import { EncoderNetwork } from './encoder-network.ts';
import { freshValues } from './encoder-parameters.ts';
import type { LoadedEncoder } from './read-encoder.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});

let loaded: LoadedEncoder | undefined;
afterEach(() => {
  loaded?.network.dispose();
  loaded = undefined;
});
const open = async (options = {}) => (loaded = await loadEncoder(TINY_BERT, { classes: 2, ...options }));

const SENTENCES = ['the film was great', 'i loved this hotel because the bed is lovely .', 'what a dull book'];
function encoded({ tokenizer }: LoadedEncoder, texts: readonly string[] = SENTENCES, pair?: string) {
  const examples = texts.map((text, i) => ({
    name: `${i}`,
    text,
    ...(pair === undefined ? {} : { pair }),
    label: 0,
  }));
  return batchOf(tokenizer.encodeExamples(examples, { maxTokens: 128 }));
}
const numbers = (tensor: tf.Tensor) => [...tensor.dataSync()];
const near = (values: readonly number[], digits = 4) => values.map((value) => expect.closeTo(value, digits));

describe('EncoderNetwork', () => {
  it('computes what the checkpoint says: single texts and pairs of several lengths in one batch', async () => {
    const { network, tokenizer } = await open();
    const { tensors } = readSafetensors(await readFile(join(TINY_BERT, 'model.safetensors')));
    for (const pair of [undefined, 'a real pleasure']) {
      const states = network.tap(encoded(loaded!, SENTENCES, pair), ['layer.1'])['layer.1']!;
      const [, length, size] = states.shape as [number, number, number];
      const actual = states.dataSync();
      for (const [i, text] of SENTENCES.entries()) {
        const { ids, types } = tokenizer.encode(text, pair, { maxTokens: 128 });
        const expected = referenceEncoder(tensors, { layers: 2, heads: 2, epsilon: 1e-12 }, ids, types);
        const row = (t: number) => [...actual.subarray((i * length + t) * size, (i * length + t + 1) * size)];
        for (const [t, vector] of expected.entries()) expect(row(t)).toEqual(near(vector));
        // What lies behind the end is nothing.
        for (let t = expected.length; t < length; t++) expect(row(t).every((value) => value === 0)).toBe(true);
      }
    }
  });

  it.each(['pooler', 'cls', 'mean'] as const)(
    'gives a text the same features alone and padded: %s',
    async (pooling) => {
      const { network } = await open({ pooling });
      const together = numbers(network.features(encoded(loaded!)));
      const alone = SENTENCES.flatMap((text) => numbers(network.features(encoded(loaded!, [text]))));
      expect(together).toEqual(near(alone, 5));
    },
  );

  it('is one network: groups by depth, taps, passes from a layer, head apart', async () => {
    const { network } = await open();
    expect(network.layerGroups.map(({ name }) => name)).toEqual(['embeddings', 'layer.0', 'layer.1', 'pooler', 'head']);
    expect(network.layerGroups.flatMap(({ parameters }) => parameters)).toEqual([...network.parameters.keys()]);
    expect(network.taps).toEqual(['embeddings', 'layer.0', 'layer.1']);
    expect(tapShapes(network, [...network.taps, 'layer.1.inner'])['layer.1.inner']).toEqual([16, 32]);
    const inputs = encoded(loaded!);
    const all = network.run(inputs, { taps: ['layer.0'] });
    expect(numbers(all.logits)).toEqual(numbers(network.apply(inputs)));
    expect(numbers(network.head(all.features))).toEqual(near(numbers(all.logits), 6));
    const above = network.apply(all.taps['layer.0']!, { from: 'layer.0', inputs });
    expect(numbers(above)).toEqual(near(numbers(all.logits), 5));
    expect(() => network.apply(all.taps['layer.0']!, { from: 'layer.0' })).toThrow(/needs the network's own input/);
    expect(() => network.tap(inputs, ['layer.3'])).toThrow(/no layer called 'layer.3'. Did you mean layer/);
    expect(() => network.apply(inputs, { from: 'layer.0.inner', inputs })).toThrow(UserError);
  });

  it('is cut at a layer, with a new head on the mean', async () => {
    const { network } = await open();
    const inputs = encoded(loaded!);
    const below = network.tap(inputs, ['layer.0'])['layer.0']!;
    network.cutAt('layer.0', 3);
    expect(network.pooling).toBe('mean');
    expect(network.config.layers).toBe(1);
    expect(network.layerGroups.map(({ name }) => name)).toEqual(['embeddings', 'layer.0', 'head']);
    const mask = tf.cast(tf.slice(inputs, [0, 1, 0], [-1, 1, -1]), 'float32');
    const means = tf.div(tf.sum(below, 1), tf.sum(mask, 2));
    expect(numbers(network.features(inputs))).toEqual(near(numbers(means), 5));
  });

  it('reads what LoRA adds, and drops in training alone', async () => {
    const { network } = await open();
    const inputs = encoded(loaded!);
    const plain = numbers(network.apply(inputs));
    expect(numbers(network.apply(inputs))).toEqual(plain);
    expect(numbers(network.apply(inputs, { training: true }))).not.toEqual(plain);
    const lora = new Lora(network, { rank: 2, alpha: 2, targets: ['*.query.weight', 'embeddings.word.weight'] }, 1);
    for (const { name, variable } of network.parameters.values())
      if (name.endsWith('lora_b')) tf.tidy(() => variable.assign(tf.ones(variable.shape)));
    const adapted = numbers(network.apply(inputs));
    expect(adapted).not.toEqual(near(plain, 3));
    lora.mergeAndRemove();
    expect(numbers(network.apply(inputs))).toEqual(near(adapted, 4));
  });

  it('frees every tensor', async () => {
    const before = tf.memory().numTensors;
    const { network } = await open();
    tf.tidy(() => {
      network.run(encoded(loaded!), { taps: network.taps, training: true });
    });
    network.cutAt('layer.0', 0);
    network.dispose();
    loaded = undefined;
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses texts that are longer than its table of positions', async () => {
    const { network } = await open();
    expect(() => network.apply(tf.ones([1, 3, 129], 'int32'))).toThrow(/at most 128 tokens, and one of 129/);
  });

  it.each(['roberta', 'distilbert'] as const)('builds a %s, whose positions and tables are its own', (family) => {
    const network = new EncoderNetwork({
      name: family,
      config: {
        family,
        vocabularySize: 20,
        hiddenSize: 8,
        layers: 1,
        heads: 2,
        innerSize: 16,
        activation: 'gelu_new',
        positions: 12,
        firstPosition: family === 'roberta' ? 2 : 0,
        tokenTypes: family === 'roberta' ? 1 : 0,
        epsilon: 1e-5,
        dropout: 0.1,
        attentionDropout: 0.1,
      },
      pooling: 'pooler',
      classes: 3,
      values: freshValues(1),
    });
    const inputs = tf.tensor3d([5, 6, 7, 1, 1, 0, 0, 0, 0], [1, 3, 3], 'int32');
    const before = numbers(network.apply(inputs));
    const table = network.parameters.get('embeddings.position.weight')!.variable;
    const shifted = (row: number) => {
      const values = table.dataSync().slice();
      // Not the same for all: layer normalisation takes a common shift out.
      for (let j = 0; j < 8; j++) values[8 * row + j]! += j;
      const old = table.clone();
      table.assign(tf.tensor2d(values as Float32Array, [12, 8]));
      const after = numbers(network.apply(inputs));
      table.assign(old as tf.Tensor2D);
      return after;
    };
    // The first token stands at row 0, or behind the padding's number.
    if (family === 'roberta') expect(shifted(0)).toEqual(near(before, 5));
    expect(shifted(family === 'roberta' ? 2 : 0)).not.toEqual(near(before, 5));
    network.dispose();
  });

  it('tells generated opinions apart once a head is fitted: the fixture has learned something', async () => {
    const { network, tokenizer } = await open();
    const examples = opinions(200, 1);
    const inputs = batchOf(tokenizer.encodeExamples(examples, { maxTokens: 32 }));
    const features = network.features(inputs).dataSync() as Float32Array;
    const labels = Int32Array.from(examples, ({ label }) => label);
    const half = 100 * network.featureSize;
    const model = logisticRegression({
      values: features.slice(0, half),
      size: network.featureSize,
      labels: labels.slice(0, 100),
    });
    const right = model.predict(features.slice(half)).filter((label, i) => label === labels[100 + i]);
    expect(right.length).toBeGreaterThan(90);
  });
});
