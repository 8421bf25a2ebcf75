/** Whole runs on images with several labels: two attributes of generated pictures, learnt by a probe and by all weights. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EpochRequest } from '@attune/core';
import { Random, selectBackend, UserError } from '@attune/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeSmallWeights } from '../test/fixture-network.ts';
import { picture, save, temporaryFolder, writeTwoAttributes, writeTwoColours } from '../test/pictures.ts';
import { adviseVision } from './advise/advise-vision.ts';
import { NO_AUGMENTATION } from './augment/augmentation.ts';
import { imageSource } from './batches.ts';
import { openImages } from './dataset/open.ts';
import { evaluateRun } from './evaluate.ts';
import { predictRun } from './predict.ts';
import type { TuneVisionOptions } from './tune.ts';
import { tuneVision } from './tune.ts';

await selectBackend();

let folder: string;
let data: string;
let out: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  out = join(folder, 'run');
  data = await writeTwoAttributes(join(folder, 'data'), 10);
  await writeSmallWeights(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const tune = async (options: Partial<TuneVisionOptions> = {}) => {
  const settings = { size: 16, batchSize: 8, epochs: 60, ...options.settings };
  const base = { data, from: 'shapes_cnn', plan: 'linear-probe', dataDirectories: [folder], out };
  const result = await tuneVision({ ...base, ...options, settings });
  result.network.dispose();
  return result;
};

it('learns by a probe on cached features, writes it down, and evaluates and predicts from the files', async () => {
  const { record, test } = await tune({ featureCache: join(folder, 'cache') });
  expect(record).toMatchObject({ labels: 'multi', classes: ['bright', 'red'], status: 'done' });
  expect(test!.metrics.confusion).toBeUndefined();
  expect(test!.metrics).toMatchObject({
    meanAveragePrecision: 1,
    averagePrecision: [1, 1],
    microF1: 1,
    perClass: [1, 1],
  });
  expect(test!.metrics.accuracy).toBe(1);
  expect(test!.predictions.every(({ targets, predictions }) => targets!.join() === predictions!.join())).toBe(true);

  const evaluation = await evaluateRun(out, data);
  expect(evaluation.split).toBe('test');
  expect(evaluation.metrics.loss).toBeCloseTo(test!.metrics.loss, 5);
  const views = await evaluateRun(out, data, { views: 'flip' });
  expect(views.metrics.meanAveragePrecision).toBe(1);
  // The pictures have no left and right, nearly: the loss of two looks is about that of one.
  expect(Math.abs(views.metrics.loss - test!.metrics.loss)).toBeLessThan(0.05);

  await save(join(folder, 'new', 'a.png'), await picture(20, 20, [232, 132, 132], 20).png().toBuffer());
  await save(join(folder, 'new', 'b.png'), await picture(20, 20, [32, 32, 112], 20).png().toBuffer());
  const [a, b] = await predictRun(out, [join(folder, 'new')]);
  expect([[...a!.labels!].sort(), b!.labels]).toEqual([['bright', 'red'], []]);
  // Each by itself: they need not sum to 1.
  expect(a!.classes!.map(({ probability }) => probability > 0.5)).toEqual([true, true]);
  expect(b!.classes!.every(({ probability }) => probability < 0.5)).toBe(true);
});

it('learns with all weights, chosen by mean average precision, also from mixed images', async () => {
  // Parts of the augmentation; the rest, such as no mixup, follows from the plan.
  const augmentation = { crop: null, flip: false, jitter: null, cutmix: 0.5 };
  const settings = { size: 8, epochs: 3, batchSize: 8, learningRate: 3e-3, augmentation };
  const { record, test, fit } = await tune({ plan: 'full', settings });
  expect(record.settings).toMatchObject({
    monitor: 'validation/mean_average_precision',
    augmentation: { ...NO_AUGMENTATION, cutmix: 0.5 },
  });
  const precisions = fit.history.map((epoch) => epoch['validation/mean_average_precision']!);
  expect(fit.best['validation/mean_average_precision']).toBe(Math.max(...precisions));
  expect(fit.history.at(-1)!['train/loss']).toBeLessThan(fit.history[0]!['train/loss']);
  expect(test!.metrics.meanAveragePrecision).toBeGreaterThan(0.5);
});

it('gives batches with targets, mixed by mixup', async () => {
  const { splits } = await openImages(data, { resize: 16 });
  const preprocessing = { size: 16, resize: 16, channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const request: EpochRequest = { epoch: 0, batchSize: 40, firstBatch: 0, random: Random.fromSeed(1) };
  const targetsWith = async (mixup: number) => {
    const augmentation = { ...NO_AUGMENTATION, mixup };
    const source = imageSource(splits.train, { preprocessing, classes: 2, augmentation });
    for await (const { targets } of source.batches(request)) return [...targets!];
    return [];
  };
  const [plain, mixed] = [await targetsWith(0), await targetsWith(1)];
  expect(new Set(plain)).toEqual(new Set([0, 1]));
  expect(mixed.some((target) => target > 0.01 && target < 0.99)).toBe(true);
  // What one image gives, another takes.
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  expect(sum(mixed)).toBeCloseTo(sum(plain), 3);
});

it('refuses to balance, to advise, and data of another kind', async () => {
  for (const balance of ['sampling', 'weights'] as const)
    await expect(tune({ settings: { balance } })).rejects.toThrow(`cannot be balanced by ${balance}`);
  await expect(adviseVision({ data, from: 'shapes_cnn', dataDirectories: [folder] })).rejects.toThrow(UserError);
  await writeTwoColours(join(folder, 'colours'), 4);
  await tune({ data: join(folder, 'colours'), settings: { epochs: 1 } });
  await expect(evaluateRun(out, data)).rejects.toThrow(/have several labels each, and the run in/);
});
