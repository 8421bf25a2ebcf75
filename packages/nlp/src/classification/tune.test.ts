/** The recipe on small sets, on the real engine: every kind of source, what is written, what is refused, and going on. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, selectBackend, tf } from '@attune/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opinions, TINY_BERT } from '../../test/tiny-bert.ts';
import { loadTextNetwork } from '../models/files.ts';
import { evaluateTextRun } from './evaluate.ts';
import { predictTexts } from './predict.ts';
import { readTextRecord } from './record.ts';
import { type TuneTextsOptions, tuneTexts } from './tune.ts';

let folder: string;
let reviews: string;
let remarks: string;
let pairs: string;

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
  folder = await mkdtemp(join(tmpdir(), 'tune-texts-'));
  reviews = await opinionFile('reviews.csv', 120, 1, 'film');
  remarks = await opinionFile('remarks.csv', 40, 2, 'book');
  pairs = join(folder, 'pairs.csv');
  const random = Random.fromSeed(3);
  const words = ['cat', 'dog', 'hen', 'fox', 'owl', 'bee'];
  const rows = Array.from({ length: 80 }, (_, i) => {
    const first = words[random.integer(words.length)]!;
    const second = i % 2 === 0 ? first : words[(words.indexOf(first) + 1 + random.integer(5)) % 6]!;
    return `a ${first} sat there number ${i},one ${second} ran,${i % 2 === 0 ? 'same' : 'other'}`;
  });
  await writeFile(pairs, ['premise,hypothesis,label', ...rows].join('\n'));
});

afterAll(async () => rm(folder, { recursive: true }));

async function opinionFile(name: string, count: number, seed: number, thing: string): Promise<string> {
  const file = join(folder, name);
  const rows = opinions(count, seed).map(({ text, label }, i) => `${thing} ${i} ${text},${label ? 'good' : 'bad'}`);
  await writeFile(file, ['text,label', ...rows].join('\n'));
  return file;
}

/** Quick, and small. */
const SMALL = { words: { embeddingSize: 8, hiddenSize: 6, dropout: 0 }, epochs: 8, learningRate: 0.02, batchSize: 8 };

async function tune(options: Partial<TuneTextsOptions> & Pick<TuneTextsOptions, 'data'>) {
  const result = await tuneTexts(options);
  await result.model.dispose();
  return result;
}

const path = (name: string) => join(folder, name);

describe('word-level networks', () => {
  it('learn from random values, and the folder says what was done and names new texts', async () => {
    const out = path('source');
    const starts: string[][] = [];
    const { record, validation, test, history } = await tune({
      data: reviews,
      from: 'text-cnn',
      settings: SMALL,
      out,
      onStart: ({ notes }) => starts.push([...notes]),
    });
    expect(starts).toEqual([[expect.stringMatching(/^\d+ words$/)]]);
    expect(await readTextRecord(out)).toEqual(record);
    expect(record).toMatchObject({ domain: 'nlp', model: 'words', from: 'text-cnn', source: null, pairs: false });
    expect(record.plan.name).toBe('scratch');
    expect(record.settings.words).toMatchObject({ architecture: 'text-cnn', minimumCount: 1, embeddingSize: 8 });
    expect(record.result!.test).toEqual(test!.metrics);
    expect(test!.metrics.accuracy).toBeGreaterThan(0.9);
    expect(history.length).toBeGreaterThan(0);
    expect((await readdir(out)).sort()).toEqual(['checkpoint', 'metrics.jsonl', 'model.safetensors', 'run.json']);

    const again = await evaluateTextRun(out, reviews);
    expect([again.split, again.metrics.confusion]).toEqual(['test', test!.metrics.confusion]);
    expect(again.metrics.loss).toBeCloseTo(test!.metrics.loss, 5);
    expect((await evaluateTextRun(out, reviews, { split: 'validation' })).metrics.confusion).toEqual(
      validation!.metrics.confusion,
    );
    const named = await predictTexts(out, { texts: ['film 7 the plot was lovely', ' film 8 the cast was awful '] });
    expect(named.map(({ classes }) => classes[0]!.label)).toEqual(['good', 'bad']);
    expect(named[1]).toMatchObject({ name: '2', text: 'film 8 the cast was awful' });
    expect(named[0]!.classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
  });

  it('carry what they know to texts with words of their own, and hold to it', async () => {
    const source = await loadTextNetwork(join(path('source'), 'model.safetensors'));
    source.network.dispose();
    for (const plan of ['init-ltr', 'mult-init-ttr', 'distill', 'linear-probe']) {
      const out = path(`remarks-${plan}`);
      const notes: string[] = [];
      const { record } = await tune({
        data: remarks,
        from: path('source'),
        plan,
        settings: { epochs: 2 },
        sourceData: plan.startsWith('mult') ? reviews : undefined,
        out,
        onStart: (start) => notes.push(...start.notes),
      });
      const tuned = await loadTextNetwork(join(out, 'model.safetensors'));
      expect(tuned.vocabulary.words.slice(0, source.vocabulary.size)).toEqual(source.vocabulary.words);
      expect(tuned.vocabulary.has('book')).toBe(true);
      expect(notes[0]).toBe(
        `${tuned.vocabulary.size} words, ${source.vocabulary.size} of them with the vectors of the source`,
      );
      expect(record.source!.file).toBe(join(path('source'), 'model.safetensors'));
      expect(record.settings.words!.embeddingSize).toBe(8);
      expect(record.result!.test!.accuracy, plan).toBeGreaterThan(0.7);
      tuned.network.dispose();
    }
  });

  it('learn two tasks from random values', async () => {
    const { record } = await tune({
      data: remarks,
      from: 'text-cnn',
      plan: 'mult',
      sourceData: reviews,
      settings: { ...SMALL, epochs: 2 },
    });
    expect(record.plan.held).toEqual({ to: 'task', share: 0.5 });
    expect(record.sourceData!.path).toBe(reviews);
  });

  it('take vectors from a file, as long as they are there', async () => {
    const file = path('vectors.txt');
    await writeFile(file, 'lovely 1 0 0\nawful 0 1 0\nthe 0 0 1\n');
    const notes: string[] = [];
    const { record } = await tune({
      data: reviews,
      vectors: file,
      settings: { ...SMALL, words: { hiddenSize: 6 }, epochs: 1 },
      onStart: (start) => notes.push(...start.notes),
    });
    expect(record.from).toBe('text-cnn');
    expect(record.vectors!.file).toBe(file);
    expect(notes).toContain(`${file} has 3 of them, in vectors of 3`);
  });

  it('compare pairs, and predict two texts at a time', async () => {
    const out = path('pairs');
    const { record } = await tune({ data: pairs, settings: { ...SMALL, epochs: 2 }, out });
    expect([record.from, record.pairs, record.settings.words!.matching]).toEqual(['cnn-pair', true, 'heuristics']);
    const [named] = await predictTexts(out, { texts: ['a cat sat', 'one cat ran'] });
    expect(named).toMatchObject({ text: 'a cat sat', pair: 'one cat ran' });
    await expect(predictTexts(out, { texts: ['a cat sat'] })).rejects.toThrow(/pairs of texts, and 1 text was given/);
    await expect(evaluateTextRun(out, reviews)).rejects.toThrow(/has single texts, and the run .* is of pairs/);
  });

  it('give the same numbers for the same seed, and after a break as without one', async () => {
    const common = { data: reviews, from: 'text-cnn', settings: { ...SMALL, epochs: 3 }, checkpointSeconds: 0 };
    const whole = await tune({ ...common, out: path('whole') });
    const stop = new AbortController();
    let steps = 0;
    const progress = { step: () => void (++steps === 14 && stop.abort(new Error('enough'))), epoch: () => {} };
    await expect(tuneTexts({ ...common, out: path('broken'), progress, signal: stop.signal })).rejects.toThrow(
      'enough',
    );
    expect((await readTextRecord(path('broken')))!.result).toBeNull();
    await expect(evaluateTextRun(path('broken'), reviews)).rejects.toThrow(/is not finished/);
    await expect(tuneTexts({ ...common, out: path('broken'), resume: true, seed: 1 })).rejects.toThrow(/another seed/);
    const resumed = await tune({ ...common, out: path('broken'), resume: true });
    const timeless = ({ result }: typeof whole.record) => ({ ...result, seconds: 0 });
    expect(timeless(resumed.record)).toEqual(timeless(whole.record));
    const [a, b] = await Promise.all(
      ['whole', 'broken'].map((name) => readFile(join(path(name), 'model.safetensors'))),
    );
    expect(a!.equals(b!)).toBe(true);
  });
});

describe('encoders', () => {
  it.each([
    ['full', { epochs: 4, learningRate: 3e-3 }],
    ['lora', { epochs: 2 }],
    ['distill', { epochs: 1 }],
    ['linear-probe', {}],
    ['setfit', { iterations: 2, learningRate: 1e-3 }],
  ])('are tuned by %s, and go on from there', async (plan, settings) => {
    const out = path(`bert-${plan}`);
    const from = plan === 'distill' ? path('bert-full') : TINY_BERT;
    const { record, test } = await tune({ data: reviews, from, plan, settings, out });
    expect(record.model).toBe('encoder');
    expect(record.settings.method).toBe(plan === 'linear-probe' ? 'probe' : plan === 'setfit' ? 'setfit' : 'gradient');
    expect(record.result!.trainableParameters).toBeGreaterThan(0);
    expect((await readdir(join(out, 'encoder'))).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const again = await evaluateTextRun(out, reviews);
    expect(again.metrics.confusion).toEqual(test!.metrics.confusion);
    if (['full', 'linear-probe', 'setfit'].includes(plan)) expect(test!.metrics.accuracy).toBeGreaterThan(0.7);
  });

  it('stay frozen where transformers.js runs them: a head is fitted, embeddings are kept', async () => {
    const model = path('frozen-bert');
    await mkdir(join(model, 'onnx'), { recursive: true });
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'])
      await writeFile(join(model, name), await readFile(join(TINY_BERT, name)));
    const out = path('frozen');
    const featureCache = path('cache');
    const { record, test } = await tune({ data: reviews, from: model, out, featureCache });
    expect([record.model, record.plan.name, record.result!.steps]).toEqual(['frozen', 'linear-probe', 0]);
    expect((await readdir(featureCache)).length).toBeGreaterThan(0);
    expect((await evaluateTextRun(out, reviews)).metrics.confusion).toEqual(test!.metrics.confusion);
    expect(test!.metrics.accuracy).toBeGreaterThan(0.7);
    await expect(tuneTexts({ data: reviews, from: model, plan: 'full' })).rejects.toThrow(
      /'full' trains an encoder, and .* is run as it is/,
    );
    await expect(tuneTexts({ data: reviews, from: out })).rejects.toThrow(/only has a head of its own/);
    await writeFile(
      join(model, 'config.json'),
      JSON.stringify({ ...JSON.parse(await readFile(join(model, 'config.json'), 'utf8')), x: 1 }),
    );
    await expect(evaluateTextRun(out, reviews)).rejects.toThrow(/its files have changed/);
  });
});

describe('what does not go together is refused, and nothing is written', () => {
  it.each<[string, () => Partial<TuneTextsOptions>, RegExp]>([
    ['a misspelt architecture', () => ({ from: 'txt-cnn' }), /There is no model txt-cnn\. Did you mean text-cnn/],
    ['a folder of nothing', () => ({ from: folder }), /holds neither a run nor a model/],
    ['a table as a model', () => ({ from: reviews }), /is a file, and not one of a word-level network/],
    ['a misspelt plan', () => ({ plan: 'ful' }), /There is no plan 'ful'/],
    ['a misspelt plan of texts', () => ({ plan: 'setfitt' }), /Did you mean setfit\?/],
    ['an INIT of other letters', () => ({ plan: 'init-abc' }), /such as init-ttr/],
    ['pairs where there are none', () => ({ from: 'cnn-pair' }), /takes pairs of texts, and .* has single texts/],
    ['carrying from random values', () => ({ from: 'lstm', plan: 'full' }), /lstm starts from random values/],
    ['MULT without a task', () => ({ plan: 'mult' }), /there are no texts of it\. Name them with --source-data/],
    ['vectors for an encoder', () => ({ from: TINY_BERT, vectors: reviews }), /has no word vectors/],
    ['MULT of an encoder', () => ({ from: TINY_BERT, plan: 'mult', sourceData: reviews }), /learns two tasks/],
    ['SetFit of words', () => ({ from: path('source'), plan: 'setfit' }), /SetFit tunes transformer encoders/],
    [
      'balance where a head is fitted',
      () => ({ from: path('source'), plan: 'linear-probe', settings: { balance: 'weights' as const } }),
      /not balanced by 'linear-probe'/,
    ],
    [
      'sizes of words for an encoder',
      () => ({ from: TINY_BERT, settings: { words: { hiddenSize: 4 } } }),
      /hiddenSize is of word-level networks/,
    ],
    ['pairs without SetFit', () => ({ settings: { iterations: 3 } }), /what SetFit learns from/],
    [
      'another dimension than the source has',
      () => ({ from: path('source'), settings: { words: { embeddingSize: 50 } } }),
      /length of a word vector is to be 50, and that of the source in .* is 8/,
    ],
    [
      'outputs that an encoder does not have',
      () => ({ from: TINY_BERT, plan: 'distill' }),
      /holds to the outputs of .*, which cannot be had/,
    ],
    ['a layer that is not there', () => ({ from: TINY_BERT, plan: 'surgical-layer.9' }), /no layer group 'layer\.9'/],
  ])('%s', async (_, options, message) => {
    const out = path('refused');
    const before = tf.memory().numTensors;
    await expect(tuneTexts({ data: remarks, out, ...options() })).rejects.toThrow(message);
    expect(await readTextRecord(out)).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
  });
});
