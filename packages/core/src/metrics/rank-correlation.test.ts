import { describe, expect, it } from 'vitest';
import { kendallTau, spearman, weightedKendallTau } from './rank-correlation.ts';

describe('kendallTau', () => {
  it('counts pairs', () => {
    // Of six pairs one is turned round.
    expect(kendallTau([1, 2, 3, 4], [1, 2, 4, 3])).toBeCloseTo(4 / 6, 12);
    expect(kendallTau([1, 2, 3], [30, 20, 10])).toBe(-1);
  });
  it('leaves ties out by tau-b', () => {
    // a ties (0,1), b ties (1,2): of six pairs four agree, none disagrees, and five are apart in each list.
    expect(kendallTau([1, 1, 2, 3], [1, 2, 2, 3])).toBeCloseTo(4 / 5, 12);
  });
});

describe('weightedKendallTau', () => {
  it('weighs exchanges by rank', () => {
    // Ranks by a: 0, 1, 2 with weights 1, 1/2, 1/3: pairs 3/2, 4/3, 5/6. b turns the pair of ranks 1 and 2 round.
    const byA = (3 / 2 + 4 / 3 - 5 / 6) / (3 / 2 + 4 / 3 + 5 / 6);
    // By b the same two things change places: the same weights.
    expect(weightedKendallTau([3, 2, 1], [3, 1, 2])).toBeCloseTo(byA, 12);
    // An exchange at the top costs more.
    const top = (-3 / 2 + 4 / 3 + 5 / 6) / (3 / 2 + 4 / 3 + 5 / 6);
    expect(weightedKendallTau([3, 2, 1], [2, 3, 1])).toBeCloseTo(top, 12);
  });
  it('breaks ties of one list by the other', () => {
    // a ties its two greatest; b decides: ranks 0, 1, 2 by both, and the tied pair is apart in b alone.
    const apart = 3 / 2 + 4 / 3 + 5 / 6;
    const agreement = 4 / 3 + 5 / 6;
    expect(weightedKendallTau([2, 2, 1], [3, 2, 1])).toBeCloseTo(agreement / Math.sqrt(agreement * apart), 12);
  });
});

describe('spearman', () => {
  it('is 1 - 6 sum d^2 / (n (n^2 - 1)) without ties', () => {
    expect(spearman([10, 20, 30, 40], [1, 3, 2, 4])).toBeCloseTo(1 - (6 * 2) / (4 * 15), 12);
  });
  it('shares the rank of ties', () => {
    // Ranks 0.5, 0.5, 2 against 0, 1, 2: deviations (-.5, -.5, 1) and (-1, 0, 1).
    expect(spearman([5, 5, 9], [1, 2, 3])).toBeCloseTo(1.5 / Math.sqrt(1.5 * 2), 12);
  });
});

describe.each([
  ['kendallTau', kendallTau],
  ['weightedKendallTau', weightedKendallTau],
  ['spearman', spearman],
])('%s', (_, correlation) => {
  const a = [0.3, 0.9, 0.9, -1, 0.5, 0.9];
  const b = [2, 8, 8, 1, 9, 3];
  it('is symmetric, and does not depend on the order of the things nor on the scale of the scores', () => {
    const order = [3, 1, 5, 0, 2, 4];
    const value = correlation(a, b);
    expect(correlation(b, a)).toBeCloseTo(value, 12);
    expect(
      correlation(
        order.map((i) => a[i]!),
        order.map((i) => b[i]!),
      ),
    ).toBeCloseTo(value, 12);
    expect(correlation(a.map(Math.exp), b)).toBeCloseTo(value, 12);
    expect(correlation(a, a)).toBeCloseTo(1, 12);
  });
  it('is NaN where a list has no order, and refuses what is not scores', () => {
    expect(correlation([1, 1], [1, 2])).toBeNaN();
    expect(correlation([1], [1])).toBeNaN();
    expect(() => correlation([1, 2], [1])).toThrow(RangeError);
    expect(() => correlation([1, Number.NaN], [1, 2])).toThrow('score 1 is NaN');
  });
});
