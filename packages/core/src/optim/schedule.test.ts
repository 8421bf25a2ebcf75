import { describe, expect, it } from 'vitest';
import { constant, cosine, oneCycle, type Schedule, slantedTriangular, warmUp } from './schedule.ts';

const curve = (schedule: Schedule, points = 200) => Array.from({ length: points + 1 }, (_, i) => schedule(i / points));

describe('schedules', () => {
  it('constant', () => expect(new Set(curve(constant()))).toEqual(new Set([1])));

  it('cosine falls from 1 to its floor, half way in the middle', () => {
    expect(cosine()(0)).toBe(1);
    expect(cosine()(0.5)).toBeCloseTo(0.5, 12);
    expect(cosine()(1)).toBeCloseTo(0, 12);
    expect(cosine({ floor: 0.1 })(1)).toBeCloseTo(0.1, 12);
  });

  it('one cycle starts at 1/25, peaks at 30 %, ends at 1/250,000', () => {
    const schedule = oneCycle();
    expect(schedule(0)).toBeCloseTo(0.04, 12);
    expect(schedule(0.3)).toBeCloseTo(1, 12);
    expect(schedule(0.15)).toBeCloseTo(0.52, 12);
    expect(schedule(1)).toBeCloseTo(4e-6, 12);
  });

  it('slanted triangle follows the paper: T = 1000, cut_frac = 0.1, ratio = 32', () => {
    const paper = (t: number) => {
      const cut = Math.floor(1000 * 0.1);
      const p = t < cut ? t / cut : 1 - (t - cut) / (cut * (1 / 0.1 - 1));
      return (1 + p * (32 - 1)) / 32;
    };
    for (const t of [0, 1, 50, 99, 100, 101, 500, 1000])
      expect(slantedTriangular()(t / 1000)).toBeCloseTo(paper(t), 12);
  });

  it('warm-up rises to the schedule and then runs all of it', () => {
    const schedule = warmUp(0.2, cosine());
    expect(schedule(0)).toBe(0);
    expect(schedule(0.1)).toBeCloseTo(0.5, 12);
    expect(schedule(0.2)).toBeCloseTo(1, 12);
    expect(schedule(0.6)).toBeCloseTo(0.5, 12);
    expect(schedule(1)).toBeCloseTo(0, 12);
  });

  it.each([
    ['constant', constant()],
    ['cosine', cosine()],
    ['oneCycle', oneCycle()],
    ['slantedTriangular', slantedTriangular()],
    ['warmUp', warmUp(0.05, oneCycle())],
  ])('%s stays in [0, 1], has no jumps, and holds its ends outside of [0, 1]', (_, schedule) => {
    const values = curve(schedule, 2000);
    for (const [i, value] of values.entries()) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      if (i > 0) expect(Math.abs(value - values[i - 1]!)).toBeLessThan(0.02);
    }
    expect(schedule(-1)).toBe(schedule(0));
    expect(schedule(2)).toBe(schedule(1));
  });

  it('refuses shares that are none', () => {
    expect(() => oneCycle({ rise: 0 })).toThrow(RangeError);
    expect(() => slantedTriangular({ cut: 1 })).toThrow(RangeError);
    expect(() => warmUp(Number.NaN, constant())).toThrow(RangeError);
  });
});
