/** Exported folders in plain transformers.js. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend, tf } from '@attune/core';
import { AutoModel, AutoTokenizer, pipeline } from '@huggingface/transformers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, TINY_BERT } from '../../test/tiny-bert.ts';
import { loadEncoder } from './checkpoint.ts';
import type { EncoderFamily } from './config.ts';
import { EncoderNetwork } from './encoder-network.ts';
import { freshValues } from './encoder-parameters.ts';
import { exportEncoder } from './export-encoder.ts';
import { extendEncoder } from './extend-encoder.ts';
import type { SubwordTokenizer } from './subword-tokenizer.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TEXTS = [
  'the film was great',
  'what a terrible, terrible meal, i want my money back!',
  'book',
  'We visited the hotel and i really loved the garden because the room was clean and the bed is superb.',
];
const LABELS = ['bad', 'so so', 'good'];

function encoded(tokenizer: SubwordTokenizer, texts: readonly string[]): tf.Tensor {
  const examples = texts.map((text, i) => ({ name: `${i}`, text, label: 0 }));
  return batchOf(tokenizer.encodeExamples(examples, { maxTokens: 128 }));
}

async function expectSameProbabilities(network: EncoderNetwork, tokenizer: SubwordTokenizer, place: string) {
  const classify = await pipeline('text-classification', place, { dtype: 'fp32', local_files_only: true });
  const expected = tf.softmax(network.apply(encoded(tokenizer, TEXTS))).arraySync() as number[][];
  // All in one batch, and one by one.
  const together = await classify(TEXTS, { top_k: 3 });
  const alone = [];
  for (const text of TEXTS) alone.push(await classify(text, { top_k: 3 }));
  for (const answers of [together, alone])
    for (const [i, answer] of (answers as { label: string; score: number }[][]).entries())
      for (const [c, label] of LABELS.entries())
        expect(Math.abs(answer.find((one) => one.label === label)!.score - expected[i]![c]!)).toBeLessThan(1e-4);
  await classify.dispose();
}

describe('exportEncoder', () => {
  it('writes a folder that plain transformers.js runs, with the same probabilities', async () => {
    const { network, tokenizer } = await loadEncoder(TINY_BERT, { classes: 3, seed: 1 });
    extendEncoder(network, { head: 'new', adapters: { reduction: 2 }, lora: { rank: 2, alpha: 8 } }, 1);
    // What was added counts, and the classes lie apart.
    for (const { name, variable } of network.parameters.values()) {
      if (/adapter.up.weight|lora_b/.test(name)) variable.assign(tf.randomNormal(variable.shape, 0, 0.2, 'float32', 1));
      if (name === 'head.weight') variable.assign(tf.mul(variable, 30));
    }
    const place = join(folder, 'deep', 'exported');
    await exportEncoder(network, place, { tokenizer, labels: LABELS });
    expect((await readdir(place, { recursive: true })).sort()).toEqual([
      'config.json',
      'onnx',
      join('onnx', 'model.onnx'),
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(JSON.parse(await readFile(join(place, 'config.json'), 'utf8'))).toMatchObject({
      architectures: ['BertForSequenceClassification'],
      model_type: 'bert',
      id2label: { 0: 'bad', 1: 'so so', 2: 'good' },
      label2id: { bad: 0, 'so so': 1, good: 2 },
    });
    await expectSameProbabilities(network, tokenizer, place);
    network.dispose();
  });

  it.each<EncoderFamily>(['roberta', 'distilbert'])('writes a %s, which has two inputs', async (family) => {
    const { tokenizer, network: bert } = await loadEncoder(TINY_BERT, { classes: 3 });
    const network = new EncoderNetwork({
      name: family,
      config: { ...bert.config, family, firstPosition: family === 'roberta' ? 1 : 0, tokenTypes: 0 },
      pooling: 'pooler',
      classes: 3,
      values: (spec) => freshValues(2)(spec).map((value) => value * 8),
    });
    const place = join(folder, family);
    await exportEncoder(network, place, { tokenizer, labels: LABELS });
    await expectSameProbabilities(network, tokenizer, place);
    network.dispose();
    bert.dispose();
  });

  it('leaves what is there alone', async () => {
    const { network, tokenizer } = await loadEncoder(TINY_BERT, { classes: 3 });
    const place = join(folder, 'place');
    await mkdir(place);
    await writeFile(join(place, 'mine.txt'), '');
    const options = { tokenizer, labels: LABELS };
    await expect(exportEncoder(network, place, options)).rejects.toThrow(/place is there already/);
    expect(await readdir(folder)).toEqual(['place']);
    await writeFile(join(folder, 'file'), '');
    await expect(exportEncoder(network, join(folder, 'file', 'x'), options)).rejects.toThrow(
      /a part of the path is a file/,
    );
    network.dispose();
  });
});

describe('the fixture', () => {
  it('gives in transformers.js what the network gives', async () => {
    const { network, tokenizer } = await loadEncoder(TINY_BERT, { classes: 2 });
    const options = { local_files_only: true };
    const theirs = await AutoTokenizer.from_pretrained(TINY_BERT, options);
    const model = await AutoModel.from_pretrained(TINY_BERT, { ...options, dtype: 'fp32' });
    const given = theirs(TEXTS, { padding: true });
    const inputs = encoded(tokenizer, TEXTS);
    expect([...given.input_ids.data].map(Number)).toEqual([...tf.slice(inputs, [0, 0, 0], [-1, 1, -1]).dataSync()]);
    const { last_hidden_state: states } = await model(given);
    const ours = network.tap(inputs, ['layer.1'])['layer.1']!;
    expect(states.dims).toEqual(ours.shape);
    const [, length, size] = ours.shape as [number, number, number];
    const mask = [...given.attention_mask.data].map(Number);
    let worst = 0;
    for (const [i, value] of ours.dataSync().entries())
      if (mask[Math.floor(i / size)] === 1) worst = Math.max(worst, Math.abs(value - states.data[i]));
    expect(mask).toHaveLength(TEXTS.length * length);
    expect(worst).toBeLessThan(1e-4);
    await model.dispose();
    network.dispose();
  });
});
