/** Exported word-level networks in plain transformers.js. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAdapters, selectBackend, tf } from '@attune/core';
import { AutoModelForSequenceClassification, AutoTokenizer, pipeline } from '@huggingface/transformers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodePair, encodeText } from '../text/encode.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { createTextNetwork } from './create.ts';
import { exportTextNetwork } from './export-text-network.ts';
import type { TextNetwork, TextNetworkSpec } from './text-network.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const LABELS = ['bad', 'so so', 'good'];
const WORDS = "the film was great do n't . , watch it 's u.s. good-looking bad and 10:30 ! ...".split(' ');
const VOCABULARY = new Vocabulary(['<pad>', '<unk>', ...WORDS]);
const MAX_LENGTH = 9;

/** Of different lengths, unknown words, no word, as long as may be, and too long. */
const TEXTS = [
  "The film was GREAT, don’t watch it... it's bad",
  'great',
  'what a <unk> film <pad>!',
  '',
  ' \t',
  'the film was great and the film was bad',
  `bad ${'the film was great and '.repeat(20)}`,
  'the U.S. film: good-looking at 10:30',
];

const sizes = { vocabularySize: VOCABULARY.size, classes: 3, embeddingSize: 6, hiddenSize: 7, dropout: 0.2 };
const SINGLE: readonly TextNetworkSpec[] = [
  { architecture: 'lstm', ...sizes },
  { architecture: 'text-cnn', ...sizes, windows: [1, 3, 5] },
  { architecture: 'bi-lstm', ...sizes, layers: 2 },
];

/** With values under which texts lie far apart. */
function drawnNetwork(spec: TextNetworkSpec): TextNetwork {
  const network = createTextNetwork(spec, { seed: 1 });
  addAdapters(network, { reduction: 2 }, 1);
  for (const [i, { variable }] of [...network.parameters.values()].entries())
    variable.assign(tf.randomNormal(variable.shape, 0, 0.3, 'float32', i + 1));
  return network;
}

/** The network's own probabilities of texts or pairs, padded to one length. */
function probabilities(network: TextNetwork, texts: readonly Int32Array[], perExample: 1 | 2): number[][] {
  const length = Math.max(...texts.map((text) => text.length / perExample));
  const rows = texts.flatMap((text) =>
    Array.from({ length: perExample }, (_, part) => {
      const words = text.subarray((part * text.length) / perExample, ((part + 1) * text.length) / perExample);
      return [...words, ...new Array(length - words.length).fill(0)];
    }),
  );
  const shape = perExample === 2 ? [texts.length, 2, length] : [texts.length, length];
  return tf.tidy(() => tf.softmax(network.apply(tf.tensor(rows.flat(), shape, 'int32'))).arraySync()) as number[][];
}

type Answer = { label: string; score: number }[];

function expectScores(answers: readonly Answer[], expected: readonly number[][]): void {
  expect(answers).toHaveLength(expected.length);
  for (const [i, answer] of answers.entries()) {
    for (const [c, label] of LABELS.entries())
      expect(Math.abs(answer.find((one) => one.label === label)!.score - expected[i]![c]!)).toBeLessThan(1e-4);
    expect(answer[0]!.label).toBe(LABELS[expected[i]!.indexOf(Math.max(...expected[i]!))]);
  }
}

const options = { dtype: 'fp32', local_files_only: true } as const;

async function expectSameClasses(network: TextNetwork, place: string): Promise<void> {
  const classify = await pipeline('text-classification', place, options);
  const encode = (text: string) => encodeText(text, VOCABULARY, { maxLength: MAX_LENGTH });
  const expected = probabilities(network, TEXTS.map(encode), 1);
  // Else all texts could be one to the network.
  expect(new Set(expected.map(([first]) => first!.toFixed(3))).size).toBeGreaterThan(4);
  expectScores((await classify(TEXTS, { top_k: 3 })) as Answer[], expected);
  for (const [i, text] of TEXTS.entries())
    expectScores([(await classify(text, { top_k: 3 })) as Answer], [expected[i]!]);
  await classify.dispose();
}

describe('exportTextNetwork', () => {
  it.each(SINGLE)('writes a $architecture that plain transformers.js runs, with the same classes', async (spec) => {
    const network = drawnNetwork(spec);
    const place = join(folder, 'exported');
    await exportTextNetwork(network, place, { vocabulary: VOCABULARY, labels: LABELS, maxLength: MAX_LENGTH });
    expect((await readdir(place, { recursive: true })).sort()).toEqual([
      'config.json',
      'onnx',
      join('onnx', 'model.onnx'),
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(JSON.parse(await readFile(join(place, 'config.json'), 'utf8'))).toMatchObject({
      id2label: { 0: 'bad', 1: 'so so', 2: 'good' },
      attune: { network: spec, maxLength: MAX_LENGTH },
    });
    await expectSameClasses(network, place);
    network.dispose();
  });

  it.each(['concatenation', 'heuristics'] as const)('writes a cnn-pair with %s, of pairs', async (matching) => {
    const network = drawnNetwork({ architecture: 'cnn-pair', ...sizes, windows: [5], matching });
    const place = join(folder, 'exported');
    await exportTextNetwork(network, place, { vocabulary: VOCABULARY, labels: LABELS, maxLength: MAX_LENGTH });
    const pairs = TEXTS.flatMap((text, i) => [0, 3, 5].map((by) => [text, TEXTS[(i + by) % TEXTS.length]!] as const));
    const encoded = pairs.map(([text, pair]) => encodePair(text, pair, VOCABULARY, { maxLength: MAX_LENGTH }));
    const expected = probabilities(network, encoded, 2);
    expect(new Set(expected.map(([first]) => first!.toFixed(3))).size).toBeGreaterThan(8);
    const tokenizer = await AutoTokenizer.from_pretrained(place, { local_files_only: true });
    const model = await AutoModelForSequenceClassification.from_pretrained(place, options);
    for (const given of [pairs, ...pairs.map((pair) => [pair])]) {
      const [texts, seconds] = [given.map(([text]) => text), given.map(([, second]) => second)];
      const inputs = tokenizer(texts, { text_pair: seconds, padding: true, truncation: true });
      const { logits } = await model(inputs);
      const scores = tf.tidy(() => tf.softmax(tf.tensor2d(logits.data as Float32Array, logits.dims)).arraySync());
      for (const [i, row] of scores.entries())
        for (const [c, score] of row.entries())
          expect(Math.abs(score - expected[pairs.indexOf(given[i]!)]![c]!)).toBeLessThan(1e-4);
    }
    await model.dispose();
    // The pipeline has no second text.
    const classify = await pipeline('text-classification', place, options);
    const joined = pairs.map(([text, second]) => `${text}<sep>${second}`);
    expectScores((await classify(joined, { top_k: 3 })) as Answer[], expected);
    await classify.dispose();
    network.dispose();
  });

  it('keeps capitals where the vocabulary has them', async () => {
    const network = createTextNetwork({ architecture: 'lstm', ...sizes, vocabularySize: 4 }, { seed: 1 });
    const vocabulary = new Vocabulary(['<pad>', '<unk>', 'It', 'it']);
    await exportTextNetwork(network, join(folder, 'cased'), { vocabulary, labels: LABELS, lowerCase: false });
    const tokenizer = await AutoTokenizer.from_pretrained(join(folder, 'cased'), { local_files_only: true });
    expect(tokenizer.encode('It it IT')).toEqual([2, 3, 1, 0]);
    network.dispose();
  });

  it('says what does not fit', async () => {
    const network = createTextNetwork(SINGLE[0]!, { seed: 1 });
    const write = (more: object) =>
      exportTextNetwork(network, folder, { vocabulary: VOCABULARY, labels: LABELS, ...more });
    await expect(write({ labels: ['a'] })).rejects.toThrow('1 names of classes, and the network has 3');
    await expect(write({ vocabulary: new Vocabulary(['<pad>', '<unk>']) })).rejects.toThrow('a vocabulary of 2 words');
    await expect(write({ maxLength: 0 })).rejects.toThrow('maxLength 0');
    await exportTextNetwork(network, join(folder, 'place'), { vocabulary: VOCABULARY, labels: LABELS });
    await expect(
      exportTextNetwork(network, join(folder, 'place'), { vocabulary: VOCABULARY, labels: LABELS }),
    ).rejects.toThrow(/place is there already/);
    network.dispose();
  });
});
