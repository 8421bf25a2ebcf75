/** The pre-trained network that comes with the page: how runs of it begin, and what it answers. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { networkValues, selectBackend } from '@attune/core';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { builtInTexts } from './collection.ts';
import { Predictor } from './predictor.ts';
import { encodeTexts, MOST_WORDS, sourceOf } from './text-model.ts';
import { WordSource } from './word-model.ts';

const FILE = createRequire(import.meta.url).resolve(
  '@attune/test-fixtures/data/nlp/reviews_lstm/reviews_lstm.safetensors',
);
const LOCKED = { E: 'locked', H: 'locked', O: 'locked' } as const;

let source: WordSource;
beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
  source = await WordSource.read(await readFile(FILE));
});

async function start(task: 'similar' | 'different', init: Parameters<WordSource['start']>[0]) {
  const { classes, splits } = builtInTexts(task, 10);
  const started = await source.start(init, splits.train, classes, 1);
  const predictor = new Predictor(started.model);
  onTestFinished(() => {
    predictor.dispose();
    started.model.network.dispose();
  });
  return { ...started, predictor, classes, splits };
}

it("has the source's words first, and then those of the target's training texts", async () => {
  const { model, splits } = await start('different', { E: 'locked', H: 'random', O: 'random' });
  expect(model.vocabulary.words.slice(0, source.vocabulary.size)).toEqual(source.vocabulary.words);
  expect(splits.train.flatMap(({ text }) => model.words(text)).every((word) => model.knows(word))).toBe(true);
  expect(model.network.classes).toBe(5);
  const table = (await networkValues(model.network)).get('embedding.weight')!;
  expect(table.shape[0]).toBe(model.vocabulary.size);
});

it('copies the output only where the classes are its own', async () => {
  const { plan, name, predictor, classes, splits } = await start('similar', LOCKED);
  expect([plan, name]).toEqual([undefined, 'LLL']);
  const { accuracy, majority, count, unsure } = await predictor.results('test', classes, splits.test);
  expect([majority, count]).toEqual([0.5, 120]);
  // Nothing was trained on remarks: this is what reviews teach of them.
  expect(accuracy).toBeGreaterThan(0.65);
  expect(unsure.map(({ probability }) => probability)).toEqual(unsure.map(({ probability }) => probability).sort());
  await expect(start('different', LOCKED)).rejects.toThrow('Let O be random.');
});

it('explains by what the log-odds lose: its own words, none for unknown ones, however sure it is', async () => {
  const { predictor, classes } = await start('similar', LOCKED);
  const { words, predicted, probabilities } = await predictor.explain('the xyzzy was terrible', classes);
  expect([classes[predicted], words.map(({ known }) => known)]).toEqual(['negative', [true, false, true, true]]);
  expect(probabilities.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
  expect(words[1]!.weight).toBe(0);
  expect(Math.max(...words.map(({ weight }) => weight))).toBe(words[3]!.weight);
  const long = Array.from({ length: 100 }, () => 'terrible').join(' ');
  for (const { weight } of (await predictor.explain(long, classes)).words) expect(Number.isFinite(weight)).toBe(true);
});

it('reads long texts up to a bound, in two lengths at most', async () => {
  const { model } = await start('similar', LOCKED);
  const examples = [3, 30, 200].map((length, i) => ({ name: String(i), text: 'good '.repeat(length), label: 0 }));
  const encoded = encodeTexts(model, examples);
  expect(encoded.texts.map(({ length }) => length)).toEqual([3, 30, MOST_WORDS]);
  expect(encoded.cut.texts).toBe(1);
  expect(sourceOf(encoded, false).buckets).toEqual([24, 48]);
  expect(sourceOf(encodeTexts(model, examples.slice(0, 1)), false).buckets).toEqual([8]);
  expect(model.encode([])).toHaveLength(1);
});
