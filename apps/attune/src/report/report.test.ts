/** The page: complete, self-contained, escaped, and with the numbers of the records in it. */
import type { EpochRecord } from '@attune/core';
import { namedPlan } from '@attune/core';
import type { VisionMetrics, VisionRecord } from '@attune/vision';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../environment.ts';
import { groupByPlan } from './plan-runs.ts';
import { renderReport } from './report.ts';
import type { ReportedRun } from './reported-run.ts';
import { choosePictures } from './reported-run.ts';

const environment: Environment = {
  system: 'linux 6 x64',
  processor: 'a processor',
  cores: 2,
  memory: 8,
  versions: { attune: '0.1.0', node: '20.19.0', tensorflow: '4.22.0', onnxruntime: '1.30.0', sharp: '0.35.5' },
};

const EVIL = '<script>alert("x")</script>';

function run(plan: string, seed: number, accuracy: number, epochs = 3): ReportedRun {
  const right = Math.round(accuracy * 10);
  const metrics: VisionMetrics = {
    examples: 20,
    loss: 0.5,
    accuracy,
    macroF1: accuracy,
    perClass: [accuracy, accuracy],
    confusion: [
      [right, 10 - right],
      [10 - right, right],
    ],
  };
  const record = {
    format: 1,
    domain: 'vision',
    status: 'done',
    from: 'shapes_cnn',
    source: { file: 'weights.safetensors', sha256: 'ab'.repeat(32) },
    plan: namedPlan(plan),
    seed,
    settings: { epochs, batchSize: 8, learningRate: 0.001, augmentation: null, patience: null },
    classes: [EVIL, 'tame'],
    data: {
      path: 'a & b',
      fingerprint: 'f00d',
      examples: { train: 30, validation: 5, test: 20 },
      skipped: [{ name: 'broken.jpg', reason: 'the file is empty' }],
    },
    versions: { attune: '0.1.0', tensorflow: '4.22.0', node: '20.19.0' },
    backend: 'onnx',
    result: {
      steps: 12,
      bestEpoch: 1,
      stopped: 'epochs',
      seconds: 2,
      trainableParameters: 1234,
      validation: metrics,
      test: metrics,
    },
  } as unknown as VisionRecord;
  const history = Array.from(
    { length: epochs },
    (_, epoch): EpochRecord => ({
      epoch,
      step: 4 * (epoch + 1),
      'train/loss': 1 / (epoch + 1),
      'train/accuracy': 0.5,
      'validation/loss': 1.5 / (epoch + 1),
      'validation/accuracy': accuracy,
      'charts/learning_rate': 0.001,
      'charts/seconds': 1,
      'charts/examples_per_second': 30,
      'charts/trainable_parameters': 1234,
    }),
  );
  const picture = { name: `${EVIL}.png`, truth: 'tame', prediction: EVIL, probability: 0.75 };
  return {
    record,
    history,
    evaluated: { split: 'test', metrics },
    pictures: [{ ...picture, source: 'data:image/png;base64,AAAA', isSmall: true }],
  };
}

describe('renderReport', () => {
  it('escapes every name and needs nothing from elsewhere', () => {
    const page = renderReport([run('full', 0, 0.8)], environment);
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;');
    expect(page).toContain('a &amp; b');
    expect(page.match(/(src|href)="(?!data:)[^"]*"/g)).toBeNull();
    expect(page).not.toMatch(/@import|url\(|https?:/);
  });

  it('has every tag closed', () => {
    const page = renderReport([run('full', 0, 0.8), run('scratch', 0, 0.4)], environment);
    const open: string[] = [];
    for (const [, end, name, empty] of page.matchAll(/<(\/?)([a-z0-9]+)(?:[^<>]*?)(\/?)>/g)) {
      if (empty === '/') continue;
      if (end === '/') expect(open.pop()).toBe(name);
      else open.push(name!);
    }
    expect(open).toEqual([]);
  });

  it('of one run shows its figures, curves, confusion, an example, plan, settings and environment', () => {
    const page = renderReport([run('full', 0, 0.8)], environment);
    for (const text of ['80.0 %', 'Loss', 'Accuracy', 'validation', 'taken for', '75.0 %', 'moves everything'])
      expect(page).toContain(text);
    expect(page).toContain('2 of 10 tame taken for');
    expect(page).toContain('broken.jpg (the file is empty)');
    expect(page).toContain('0.001');
    expect(page).toContain('a processor, 2 cores, 8 GiB');
    expect(page).toContain('aria-label="Loss: training from 1.00 to 0.33; validation from 1.50 to 0.50."');
  });

  it('of several plans compares means over their seeds', () => {
    const runs = [run('scratch', 0, 0.4), run('full', 0, 0.7), run('scratch', 1, 0.6), run('full', 1, 0.9)];
    const page = renderReport(runs, environment);
    expect(page).toContain('2 plans compared');
    expect(page).toMatch(/scratch<\/th><td>2<\/td><td>50\.0 %<\/td><td>14\.1 points/);
    expect(page).toMatch(/full<\/th><td>2<\/td><td>80\.0 %/);
    expect(page).toContain('full, mean of 2');
    expect(page).toContain('full, 2 runs together');
  });

  it('copes with runs of one epoch, without validation and without evaluation', () => {
    const { 'validation/loss': _, 'validation/accuracy': __, ...record } = run('full', 0, 0.5, 1).history[0]!;
    const page = renderReport(
      [{ ...run('full', 0, 0.5, 1), history: [record], evaluated: null, pictures: [] }],
      environment,
    );
    expect(page).not.toContain('NaN');
    expect(page).not.toContain('Infinity');
    expect(page).not.toContain('Confusion');
  });
});

it('groupByPlan keeps the order of plans and adds up confusion', () => {
  const [scratch, full] = groupByPlan([run('scratch', 0, 0.4), run('full', 0, 0.7), run('scratch', 1, 0.6)]);
  expect([scratch!.plan.name, full!.plan.name]).toEqual(['scratch', 'full']);
  expect(scratch!.confusion).toEqual([
    [10, 10],
    [10, 10],
  ]);
  expect(scratch!.accuracy!.mean).toBeCloseTo(0.5, 12);
});

describe('choosePictures', () => {
  const predictions = (pairs: readonly [number, number][]) =>
    pairs.map(([label, prediction], i) => ({ name: String(i), label, prediction }));

  it('takes the missed first, from the classes in turn', () => {
    const pairs: [number, number][] = [
      [0, 0],
      [0, 1],
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 0],
    ];
    expect(choosePictures(predictions(pairs), 2)).toEqual([1, 3, 2, 0, 4, 5]);
  });

  it('takes at most six of each kind', () => {
    const missed = Array.from({ length: 20 }, (): [number, number] => [0, 1]);
    const right = Array.from({ length: 20 }, (): [number, number] => [1, 1]);
    expect(choosePictures(predictions([...missed, ...right]), 2)).toHaveLength(12);
    expect(choosePictures([], 2)).toEqual([]);
  });
});
