import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Added,
  namedPlan,
  networkValues,
  readSafetensors,
  selectBackend,
  tf,
  writeSafetensors,
} from '@attune/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Vocabulary } from '../text/vocabulary.ts';
import { createTextNetwork } from './create.ts';
import { extendTextNetwork } from './extend.ts';
import { loadTextNetwork, saveTextNetwork } from './files.ts';
import type { TextNetworkSpec } from './text-network.ts';

let folder: string;
beforeAll(async () => {
  await selectBackend({ prefer: 'cpu' });
  folder = await mkdtemp(join(tmpdir(), 'attune-text-'));
});
afterAll(() => rm(folder, { recursive: true }));

const vocabulary = new Vocabulary(['<pad>', '<unk>', 'a', '"quoted"', 'schön']);
const sizes = { vocabularySize: 5, classes: 3, embeddingSize: 4, hiddenSize: 3, dropout: 0.2 };
const labels = ['no', 'maybe', 'yes'];

async function saved(spec: TextNetworkSpec, added?: Added) {
  const file = join(folder, `${spec.architecture}.safetensors`);
  const network = createTextNetwork(spec, { seed: 1 });
  const lora = added && extendTextNetwork(network, added, 2);
  lora?.mergeAndRemove();
  await saveTextNetwork(network, file, { vocabulary, labels, added });
  return { file, network };
}

describe('a saved text network', () => {
  it.each<[TextNetworkSpec, Added | undefined]>([
    [{ architecture: 'lstm', ...sizes }, undefined],
    [{ architecture: 'text-cnn', ...sizes, windows: [2, 3] }, namedPlan('lora').added],
    [{ architecture: 'bi-lstm', ...sizes, layers: 2 }, namedPlan('adapters').added],
    [{ architecture: 'bi-lstm', ...sizes, layers: 2 }, namedPlan('probe-at-lstm1').added],
    [{ architecture: 'cnn-pair', ...sizes, windows: [2], matching: 'heuristics' }, undefined],
  ])('comes back as it was: %j %j', async (spec, added) => {
    const small = added?.lora ? { ...added, lora: { rank: 2, alpha: 2 } } : added;
    const { file, network } = await saved(spec, small);
    const loaded = await loadTextNetwork(file);
    expect(loaded.network.spec).toEqual(spec);
    expect(loaded.labels).toEqual(labels);
    expect(loaded.vocabulary.words).toEqual(vocabulary.words);
    expect(await networkValues(loaded.network)).toEqual(await networkValues(network));
    const inputs = tf.tensor([2, 4, 0, 3, 1, 1], spec.architecture === 'cnn-pair' ? [1, 2, 3] : [2, 3], 'int32');
    expect(loaded.network.apply(inputs).dataSync()).toEqual(network.apply(inputs).dataSync());
    loaded.network.dispose();
    network.dispose();
  });

  it('is refused where it is not whole', async () => {
    const { file, network: whole } = await saved({ architecture: 'lstm', ...sizes });
    const values = await networkValues(whole);
    const { metadata } = readSafetensors(await readFile(file), file);
    const changed = join(folder, 'changed.safetensors');
    const load = async (change: Record<string, string | undefined>) => {
      const kept = Object.entries({ ...metadata, ...change }).filter(([, value]) => value !== undefined);
      await writeFile(changed, writeSafetensors(values, Object.fromEntries(kept) as Record<string, string>));
      return loadTextNetwork(changed);
    };
    const before = tf.memory().numTensors;
    const network = (change: object) => JSON.stringify({ ...JSON.parse(metadata.network!), ...change });
    await expect(load({ format: undefined })).rejects.toThrow('is not a text network saved by this program');
    await expect(load({ vocabulary: '[' })).rejects.toThrow('vocabulary in');
    await expect(load({ vocabulary: '{"words":["<pad>","<unk>"]}' })).rejects.toThrow('are not those of its weights');
    await expect(load({ network: 'null' })).rejects.toThrow('are not those of its weights');
    await expect(load({ network: network({ vocabularySize: 1e9 }) })).rejects.toThrow('are not those of its weights');
    await expect(load({ network: network({ hiddenSize: 4096 }) })).rejects.toThrow('would have');
    await expect(load({ network: network({ hiddenSize: 4 }) })).rejects.toThrow('do not fit lstm');
    await expect(load({ network: network({ architecture: 'gru' }) })).rejects.toThrow("no text network 'gru'");
    await expect(load({ labels: '[1]' })).rejects.toThrow('class names');
    await expect(load({ added: JSON.stringify(namedPlan('lora').added) })).rejects.toThrow('LoRA beside');
    expect(tf.memory().numTensors).toBe(before);
    await expect(loadTextNetwork(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });

  it('has the words that its table has rows for', async () => {
    const network = createTextNetwork({ architecture: 'lstm', ...sizes, vocabularySize: 6 });
    await expect(saveTextNetwork(network, join(folder, 'x'), { vocabulary })).rejects.toThrow(
      'a vocabulary of 5 words',
    );
    network.dispose();
  });
});
