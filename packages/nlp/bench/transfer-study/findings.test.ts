/** Findings are judged by paired differences and their intervals, from measurements that are made up here. */
import type { Measurement } from '@attune/report';
import { expect, it } from 'vitest';
import { findings, findingsTable } from './findings.ts';

const runs = (part: string, target: string, plan: string, accuracies: readonly number[]): Measurement[] =>
  accuracies.map((accuracy, i) => ({
    factors: { part, source: target === 'mr' || target === 'qc' ? 'imdb' : 'snli', target, vectors: 'random', plan },
    seed: i + 1,
    metrics: { accuracy, validation: accuracy },
    seconds: 1,
  }));

const lines = (measurements: readonly Measurement[]) =>
  findingsTable(measurements).rows.map((row) => row.map(({ text }) => text));

it('a clear gain on both alike pairs is reproduced, on one of them in 1 of 2, and within the spread not', () => {
  const base = [...runs('init', 'mr', 'RRR', [0.75, 0.76, 0.74]), ...runs('init', 'sick', 'RRR', [0.6, 0.61, 0.59])];
  const gain = [...runs('init', 'mr', 'FFR', [0.8, 0.8, 0.79])];
  expect(lines([...base, ...gain, ...runs('init', 'sick', 'FFR', [0.66, 0.66, 0.66])])[0]![1]).toBe('yes');
  const half = lines([...base, ...gain, ...runs('init', 'sick', 'FFR', [0.58, 0.63, 0.59])]);
  expect(half[0]![1]).toBe('in 1 of 2');
  expect(half.map((line) => line[4])).toEqual(['yes', 'no']);
});

it('claims nothing without measurements', () => {
  expect(lines([])).toEqual([]);
  expect(lines(runs('init', 'mr', 'RRR', [0.7, 0.7]))).toEqual([]);
});

it('MULT is compared at the lambda that validation chose, not the test', () => {
  const mult = (lambda: number, validation: number, accuracy: number): Measurement[] =>
    runs('mult', 'mr', 'MULT', [accuracy, accuracy]).map((each) => ({
      ...each,
      factors: { ...each.factors, lambda },
      metrics: { accuracy, validation },
    }));
  const all = [...runs('init', 'mr', 'FFR', [0.8, 0.8]), ...mult(0.5, 0.9, 0.795), ...mult(0.7, 0.8, 0.9)];
  const joint = findings(all).find(({ claim }) => claim.startsWith('MULT does'))!;
  expect(joint.differences[0]!.what).toContain('lambda 0.5');
  expect(lines(all)[0]![1]).toBe('yes');
});
