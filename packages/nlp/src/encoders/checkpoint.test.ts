import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Added, SafetensorsTensor } from '@attune/core';
import { readSafetensors, selectBackend, tf, UserError, writeSafetensors } from '@attune/core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TINY_BERT } from '../../test/tiny-bert.ts';
import { loadEncoder, saveEncoder } from './checkpoint.ts';
import { checkpointName } from './checkpoint-names.ts';
import type { EncoderConfig, EncoderFamily } from './config.ts';
import type { EncoderNetwork } from './encoder-network.ts';
import { extendEncoder } from './extend-encoder.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});

let folder: string;
const networks: EncoderNetwork[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-'));
});
afterEach(async () => {
  for (const network of networks.splice(0)) network.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function load(directory: string, options = {}) {
  const loaded = await loadEncoder(directory, options);
  networks.push(loaded.network);
  return loaded;
}
const inputs = () => tf.tensor3d([2, 100, 150, 3, 1, 1, 1, 1, 0, 0, 0, 0], [1, 3, 4], 'int32');
const logits = (network: EncoderNetwork) => [...network.apply(inputs()).dataSync()];

/** A copy of the fixture with changed weights and configuration. */
async function changed(
  tensorsOf: (
    tensors: Map<string, SafetensorsTensor>,
  ) => Iterable<readonly [string, Pick<SafetensorsTensor, 'shape' | 'data'>]>,
  config: Record<string, unknown> = {},
) {
  const place = join(folder, 'changed');
  await cp(TINY_BERT, place, { recursive: true });
  const { tensors } = readSafetensors(await readFile(join(TINY_BERT, 'model.safetensors')));
  await writeFile(
    join(place, 'model.safetensors'),
    writeSafetensors([...tensorsOf(new Map(tensors))].map(([name, { shape, data }]) => [name, { shape, data }])),
  );
  const json = JSON.parse(await readFile(join(TINY_BERT, 'config.json'), 'utf8'));
  await writeFile(join(place, 'config.json'), JSON.stringify({ ...json, ...config }));
  return place;
}

describe('loadEncoder', () => {
  it('reads names with the prefix of classifiers, those of old checkpoints, and passes over heads of other tasks', async () => {
    const { network } = await load(TINY_BERT, { classes: 2, seed: 3 });
    const expected = logits(network);
    const place = await changed((tensors) => [
      ...[...tensors].map(
        ([name, tensor]) =>
          [
            `bert.${name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')}`,
            tensor,
          ] as const,
      ),
      ['cls.predictions.bias', { shape: [3], data: new Float32Array(3) }],
      ['bert.embeddings.position_ids', { shape: [1, 128], data: new Int32Array(128) }],
    ]);
    const other = await load(place, { classes: 2, seed: 3 });
    expect(logits(other.network)).toEqual(expected);
    expect(other.network.pooling).toBe('pooler');
  });

  it('takes the mean where the checkpoint has no pooler', async () => {
    const place = await changed((tensors) => [...tensors].filter(([name]) => !name.startsWith('pooler')));
    expect((await load(place, { classes: 2 })).network.pooling).toBe('mean');
    await expect(load(place, { classes: 2, pooling: 'pooler' })).rejects.toThrow(
      /missing: 'bert.pooler.dense.weight', 'bert.pooler.dense.bias'/,
    );
  });

  it.each<[string, Parameters<typeof changed>[0], Record<string, unknown>, RegExp]>([
    [
      'a tensor of another shape',
      (t) => t.set('encoder.layer.0.output.dense.weight', tensor([32, 32])),
      {},
      /wrongly shaped: 'encoder.layer.0.output.dense.weight' is \[32, 32\] instead of \[32, 64\]/,
    ],
    [
      'a missing tensor',
      (t) => [...t].filter(([name]) => name !== 'embeddings.LayerNorm.bias'),
      {},
      /missing: 'bert.embeddings.LayerNorm.bias'/,
    ],
    [
      'more layers than the configuration says',
      (t) => t,
      { num_hidden_layers: 1 },
      /not part of the network: 'encoder.layer.1.attention.self.query.weight', .* and 13 more/,
    ],
    [
      'integers',
      (t) => t.set('pooler.dense.bias', { ...tensor([32]), data: new Int32Array(32), dtype: 'I32' }),
      {},
      /'pooler.dense.bias' holds I32, not numbers/,
    ],
    [
      'a tokenizer with more tokens',
      (t) => t.set('embeddings.word_embeddings.weight', tensor([9, 32])),
      { vocab_size: 9 },
      /has tokens up to \d+, and the encoder knows 9/,
    ],
    ['another architecture', (t) => t, { model_type: 'llama' }, /model_type 'llama' is not supported/],
    ['a pooling of nobody', (t) => t, { attune: { pooling: 'max' } }, /attune.pooling must be pooler, cls or mean/],
    ['an unknown addition', (t) => t, { attune: { added: { head: 'new', magic: 1 } } }, /no field magic/],
  ])('refuses %s', async (_, tensorsOf, config, message) => {
    const place = await changed(tensorsOf, config);
    const before = tf.memory().numTensors;
    const failure = await load(place, { classes: 2 }).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toMatch(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what is missing in a folder', async () => {
    await expect(load(join(folder, 'nowhere'), { classes: 2 })).rejects.toThrow(/There is no folder .*nowhere/);
    await expect(load(folder, { classes: 2 })).rejects.toThrow(/config.json cannot be read \(ENOENT\)/);
    await expect(load(TINY_BERT)).rejects.toThrow(/have no head. Say how many classes/);
    const place = await changed((tensors) => tensors);
    await writeFile(join(place, 'tokenizer.json'), '{"model": ');
    await expect(load(place, { classes: 2 })).rejects.toThrow(/tokenizer.json holds no JSON/);
    await writeFile(join(place, 'config.json'), '[]');
    await expect(load(place, { classes: 2 })).rejects.toThrow(/config.json is not an object/);
  });
});

describe('saveEncoder', () => {
  it.each<[string, Added | undefined, string | undefined]>([
    ['as it is', undefined, undefined],
    ['with adapters', { head: 'new', adapters: { reduction: 4 } }, undefined],
    ['cut', { head: 'new', cut: 'layer.0' }, 'layer.0'],
  ])('writes what loadEncoder reads: %s', async (_, added) => {
    const { network, tokenizer } = await load(TINY_BERT, { classes: 3, seed: 5 });
    if (added) extendEncoder(network, added, 1);
    for (const { name, variable } of network.parameters.values())
      if (name.includes('adapter.up')) variable.assign(tf.fill(variable.shape, 0.1));
    await saveEncoder(network, folder, { tokenizer, labels: ['a', 'b', 'c'], added });
    const read = await load(folder);
    expect(read.labels).toEqual(['a', 'b', 'c']);
    expect(logits(read.network)).toEqual(logits(network));
    expect(read.network.pooling).toBe(network.pooling);
    expect(read.tokenizer.encode('the film', 'was great', { maxTokens: 9 })).toEqual(
      tokenizer.encode('the film', 'was great', { maxTokens: 9 }),
    );
    // A new head beside it.
    expect((await load(folder, { classes: 2 })).network.classes).toBe(2);
  });
});

describe('checkpointName', () => {
  it.each<[EncoderFamily, string, string]>([
    ['bert', 'layer.11.attention.query.weight', 'bert.encoder.layer.11.attention.self.query.weight'],
    ['bert', 'head.bias', 'classifier.bias'],
    ['roberta', 'layer.0.inner.down.bias', 'roberta.encoder.layer.0.output.dense.bias'],
    ['roberta', 'pooler.weight', 'classifier.dense.weight'],
    ['roberta', 'head.weight', 'classifier.out_proj.weight'],
    ['distilbert', 'layer.5.inner.norm.weight', 'distilbert.transformer.layer.5.output_layer_norm.weight'],
    ['distilbert', 'pooler.bias', 'pre_classifier.bias'],
    ['bert', 'layer.0.attention.adapter.up.weight', 'layer.0.attention.adapter.up.weight'],
  ])('%s: %s is %s', (family, ours, theirs) => {
    expect(checkpointName(family satisfies EncoderConfig['family'], ours)).toBe(theirs);
  });
});

function tensor(shape: number[]): SafetensorsTensor {
  return { dtype: 'F32', shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}
