/** Advice: what is measured of each kind of source, and what follows from the scenario. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend, tf } from '@attune/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, opinions, TINY_BERT } from '../../test/tiny-bert.ts';
import { tuneTexts } from '../classification/tune.ts';
import { loadEncoder } from '../encoders/checkpoint.ts';
import { createTextNetwork } from '../models/create.ts';
import { encodeExamples } from '../text/encode.ts';
import { exampleWords } from '../text/example-words.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { adviseTexts } from './advise-texts.ts';
import { advisedPlans } from './recommend-texts.ts';
import { textScenario } from './scenario.ts';
import { tapFeatures } from './tap-features.ts';

let folder: string;
let data: string;

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
  folder = await mkdtemp(join(tmpdir(), 'advise-texts-'));
  data = join(folder, 'opinions.csv');
  const rows = opinions(60, 1).map(({ text, label }, i) => `${i} ${text},${label ? 'good' : 'bad'}`);
  await writeFile(data, ['text,label', ...rows].join('\n'));
});

afterAll(async () => rm(folder, { recursive: true }));

describe('features of layers', () => {
  it('are means over the words, whatever else is in the batch', async () => {
    const { network, tokenizer } = await loadEncoder(TINY_BERT, { classes: 2, pooling: 'mean' });
    const encoded = tokenizer.encodeExamples(opinions(5, 1), { maxTokens: 32 });
    const features = await tapFeatures(network, encoded, network.taps, { batchSize: 2 });
    expect([...features.keys()]).toEqual(['embeddings', 'layer.0', 'layer.1']);
    // With mean pooling, the head sees the mean of the last layer.
    const batch = batchOf(encoded);
    const expected = await network.features(batch).data();
    const { values } = features.get('layer.1')!;
    for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 4);
    batch.dispose();
    network.dispose();
  });

  it('of pairs are those of both texts', async () => {
    const pair = { name: '1', text: 'a b', pair: 'b b b', label: 0 };
    const vocabulary = Vocabulary.fromTexts(exampleWords([pair]));
    const sizes = { embeddingSize: 3, hiddenSize: 4, dropout: 0, vocabularySize: vocabulary.size, classes: 2 };
    const network = createTextNetwork({ architecture: 'cnn-pair', ...sizes }, { seed: 1 });
    const features = await tapFeatures(network, encodeExamples([pair], vocabulary), ['embedding', 'dense']);
    const table = await network.parameters.get('embedding.weight')!.variable.data();
    const row = (word: string) => [...table.slice(3 * vocabulary.indexOf(word), 3 * vocabulary.indexOf(word) + 3)];
    const [a, b] = [row('a'), row('b')];
    const expected = [...a.map((value, i) => (value + b[i]!) / 2), ...b];
    const { values, size } = features.get('embedding')!;
    expect(size).toBe(6);
    for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 5);
    expect(features.get('dense')!.size).toBe(4);
    network.dispose();
  });
});

describe('the scenario', () => {
  const depth = (...accuracies: number[]) =>
    accuracies.map((accuracy, i) => ({ layer: `layer${i}`, accuracy, standardError: 0.02 }));

  it('is between where two standard errors do not tell the layers apart, and gives the numbers', () => {
    const likeness = (...accuracies: number[]) =>
      textScenario({ examples: 100, perClass: 50, depth: depth(...accuracies) }).likeness;
    expect(likeness(0.7, 0.6, 0.8)).toBe('alike');
    expect(likeness(0.8, 0.6, 0.7)).toBe('unlike');
    expect(likeness(0.7, 0.75)).toBe('between');
    expect(likeness(0.7)).toBe('between');
    const { reasons } = textScenario({ examples: 100, perClass: 50, depth: depth(0.7, 0.8) });
    expect(reasons.likeness).toContain('a linear probe on layer1 does +10.0 points against one on layer0');
  });

  it('is small up to 64 texts a class, large from 100,000 texts on, and between them neither', () => {
    const size = (examples: number, perClass: number) => textScenario({ examples, perClass, depth: [] }).size;
    expect([size(128, 64), size(2000, 1000), size(200_000, 100_000)]).toEqual(['small', 'between', 'large']);
  });

  it('decides what is advised', () => {
    const scenario = (size: 'small' | 'large', likeness: 'alike' | 'unlike') =>
      ({ size, likeness, reasons: { size: '', likeness: '' } }) as const;
    const first = (kind: 'words' | 'encoder', ...of: Parameters<typeof scenario>) =>
      advisedPlans(kind, scenario(...of), depth(0.8, 0.7, 0.6)).map(({ plan }) => plan);
    expect(first('words', 'small', 'alike')[0]).toBe('init-ttr');
    expect(first('words', 'small', 'unlike')[0]).toBe('init-trr');
    expect(first('encoder', 'small', 'alike')).toEqual(['setfit', 'linear-probe', 'full']);
    expect(first('encoder', 'small', 'unlike')).toEqual(['setfit', 'probe-at-layer0', 'linear-probe', 'full']);
    expect(first('encoder', 'large', 'alike')).toEqual(['full', 'lora', 'linear-probe']);
  });
});

describe('advice', () => {
  it('on an encoder: layers, scores, plans with their times', async () => {
    const before = tf.memory().numTensors;
    const advice = await adviseTexts({ data, from: TINY_BERT });
    expect(tf.memory().numTensors).toBe(before);
    expect(advice).toMatchObject({ source: 'encoder', classes: ['bad', 'good'], distance: null });
    expect(advice.perClass.reduce((sum, count) => sum + count, 0)).toBe(advice.examples.train);
    expect(advice.depth.map(({ layer }) => layer)).toEqual(['embeddings', 'layer.0', 'layer.1']);
    expect(advice.best!.accuracy).toBeGreaterThan(0.7);
    expect(advice.scenario.size).toBe('small');
    expect(advice.recommended.plan).toBe('setfit');
    for (const { plan, seconds } of advice.plans) expect(seconds, plan).toBeGreaterThan(0);
  });

  it('on a word-level network: unknown words, and the distance to the source', async () => {
    const out = join(folder, 'source');
    const words = { embeddingSize: 6, hiddenSize: 4 };
    const run = await tuneTexts({ data, from: 'text-cnn', settings: { epochs: 2, words }, out });
    await run.model.dispose();
    const target = join(folder, 'others.csv');
    const rows = Array.from({ length: 40 }, (_, i) => `the zorb ${i} was ${i % 2 ? 'lovely' : 'awful'},${i % 2}`);
    await writeFile(target, ['text,label', ...rows].join('\n'));
    const advice = await adviseTexts({ data: target, from: out, sourceData: data });
    expect(advice.source).toBe('words');
    expect(advice.words.unknown).toBeGreaterThan(0.15);
    expect(advice.words.unknown).toBeLessThan(0.5);
    expect(advice.distance!.unigramDivergence).toBeGreaterThan(0.1);
    expect(advice.plans.map(({ plan }) => plan).sort()).toEqual(['init-trr', 'init-ttr', 'scratch']);
    expect((await adviseTexts({ data, from: 'lstm' })).plans.map(({ plan }) => plan)).toEqual(['scratch']);
  });
});
