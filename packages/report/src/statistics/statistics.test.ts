import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../records/study-record.ts';
import { where } from '../records/study-record.ts';
import { bootstrapMean } from './bootstrap.ts';
import { pairedDifference } from './paired-difference.ts';
import { levels, summaries } from './summaries.ts';

function measurement(plan: string, size: number, seed: number, accuracy: number): Measurement {
  return { factors: { plan, size }, seed, metrics: { accuracy }, seconds: 1 };
}

describe('bootstrapMean', () => {
  it('of two values reaches from one to the other: each is drawn twice in a quarter of the samples', () => {
    expect(bootstrapMean([0, 1])).toEqual({ low: 0, high: 1 });
  });

  it('of two values at level 0.4 is their mean alone: half of all samples hold both', () => {
    expect(bootstrapMean([0, 1], { level: 0.4 })).toEqual({ low: 0.5, high: 0.5 });
  });

  it('of three reaches from the least to the greatest: each is drawn three times in 1 of 27 samples, above 2.5 %', () => {
    expect(bootstrapMean([1, 3, 8])).toEqual({ low: 1, high: 8 });
  });

  it('of many is the normal interval, mean ± 1.96 standard deviations / sqrt(n)', () => {
    const random = Random.fromSeed(5);
    const values = Array.from({ length: 400 }, () => random.normal(10, 2));
    const mean = values.reduce((sum, value) => sum + value, 0) / 400;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400);
    const half = (1.96 * deviation) / 20;
    const { low, high } = bootstrapMean(values);
    expect(Math.abs(low - (mean - half)) / half).toBeLessThan(0.05);
    expect(Math.abs(high - (mean + half)) / half).toBeLessThan(0.05);
  });

  it('is the same each time, and another with other draws', () => {
    const values = [0.3, 0.1, 0.9, 0.4, 0.75];
    expect(bootstrapMean(values)).toEqual(bootstrapMean(values));
    const other = bootstrapMean(values, { resamples: 50, random: Random.fromSeed(1) });
    expect(other).not.toEqual(bootstrapMean(values, { resamples: 50 }));
  });

  it('refuses what means nothing', () => {
    expect(() => bootstrapMean([])).toThrow(RangeError);
    expect(() => bootstrapMean([1], { level: 1 })).toThrow(RangeError);
    expect(() => bootstrapMean([1], { resamples: 0 })).toThrow(RangeError);
  });
});

describe('summaries', () => {
  const measurements = [
    measurement('full', 20, 0, 0.5),
    measurement('full', 20, 1, 0.7),
    measurement('full', 5, 0, 0.25),
    measurement('probe', 20, 0, 0.6),
    { ...measurement('probe', 20, 1, 0), metrics: {} },
  ];

  it('gives mean, deviation and number of each cell, in the order in which cells come', () => {
    const cells = summaries(measurements, ['plan', 'size'], 'accuracy');
    expect(cells.map(({ factors }) => factors)).toEqual([
      { plan: 'full', size: 20 },
      { plan: 'full', size: 5 },
      { plan: 'probe', size: 20 },
    ]);
    expect(cells[0]).toMatchObject({ count: 2, values: [0.5, 0.7] });
    expect(cells[0]!.mean).toBeCloseTo(0.6, 12);
    expect(cells[0]!.standardDeviation).toBeCloseTo(Math.sqrt(0.02), 12);
    expect(cells[2]).toMatchObject({ count: 1, mean: 0.6, standardDeviation: 0 });
  });

  it('runs over a factor that is left out, and leaves out what lacks a factor', () => {
    expect(summaries(measurements, ['plan'], 'accuracy').map(({ count }) => count)).toEqual([3, 1]);
    expect(summaries(measurements, ['target'], 'accuracy')).toEqual([]);
    expect(summaries(measurements, ['constructor'], 'accuracy')).toEqual([]);
  });

  it('levels sorts numbers and keeps the order of texts', () => {
    expect(levels(measurements, 'size')).toEqual([5, 20]);
    expect(levels(measurements, 'plan')).toEqual(['full', 'probe']);
  });
});

describe('pairedDifference', () => {
  const measurements = [
    measurement('full', 5, 0, 0.5),
    measurement('full', 5, 1, 0.6),
    measurement('full', 20, 0, 0.75),
    measurement('full', 20, 1, 0.9),
    measurement('probe', 20, 0, 0.75),
    measurement('probe', 5, 1, 0.5),
    measurement('probe', 5, 0, 0.6),
  ];
  const [full, probe] = [where(measurements, { plan: 'full' }), where(measurements, { plan: 'probe' })];

  it('pairs by seed and factors, and counts who won and who had no partner', () => {
    const { pairs, mean, wins, losses, ties, unpaired, interval } = pairedDifference(full, probe, {
      metric: 'accuracy',
      by: ['size'],
    });
    expect(pairs).toEqual([
      { factors: { size: 5 }, seed: 0, upper: 0.5, lower: 0.6 },
      { factors: { size: 5 }, seed: 1, upper: 0.6, lower: 0.5 },
      { factors: { size: 20 }, seed: 0, upper: 0.75, lower: 0.75 },
    ]);
    expect(mean).toBeCloseTo(0, 12);
    expect({ wins, losses, ties, unpaired }).toEqual({ wins: 1, losses: 1, ties: 1, unpaired: 1 });
    expect(interval.low).toBeCloseTo(-0.1, 12);
    expect(interval.high).toBeCloseTo(0.1, 12);
  });

  it('changes its sign when the sides change places', () => {
    const options = { metric: 'accuracy', by: ['size'] };
    const there = pairedDifference(full, probe, options);
    const back = pairedDifference(probe, full, options);
    expect(back.mean).toBeCloseTo(-there.mean, 12);
    expect([back.wins, back.losses]).toEqual([there.losses, there.wins]);
  });

  it('refuses pairs that are not told apart, and sides without a pair', () => {
    expect(() => pairedDifference(full, probe, { metric: 'accuracy' })).toThrow(/two measurements for .*seed 0/);
    expect(() => pairedDifference(full, [], { metric: 'accuracy', by: ['size'] })).toThrow(RangeError);
  });
});
