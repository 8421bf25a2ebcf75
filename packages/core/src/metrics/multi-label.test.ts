import { describe, expect, it } from 'vitest';
import { averagePrecision, multiLabelMetrics } from './multi-label.ts';

describe('averagePrecision', () => {
  it('is the area under the steps (by hand)', () => {
    // From the highest: +, -, +, -: precision 1 at recall 1/2, 2/3 at recall 1
    expect(averagePrecision([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0])).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 3), 12);
    // scikit-learn's documented example: 0.83
    expect(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBeCloseTo(0.8333333, 6);
  });
  it('takes equal scores together, whatever their order', () => {
    expect(averagePrecision([1, 1, 1, 1], [1, 0, 0, 0])).toBe(0.25);
    expect(averagePrecision([1, 1, 1, 1], [0, 0, 0, 1])).toBe(0.25);
  });
  it('is 1 for a perfect ranking, and null without the label', () => {
    expect(averagePrecision([-5, -1, -9], [1, 1, 0])).toBe(1);
    expect(averagePrecision([1, 2], [0, 0])).toBeNull();
  });
});

describe('multiLabelMetrics', () => {
  // label:          a  b  c
  const scores = [2, -1, -3, 1, 1, -3, -2, 3, -3, -1, -1, -1];
  const targets = [1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0];
  const metrics = multiLabelMetrics(scores, targets, 3);
  it('counts decisions (by hand)', () => {
    // a: TP 2, FN 1; b: TP 1, FP 1; c: neither occurs nor is predicted
    expect(metrics.microF1).toBeCloseTo(6 / 8, 12);
    expect(metrics.macroF1).toBeCloseTo((4 / 5 + 2 / 3) / 2, 12);
    expect(metrics.exactMatch).toBe(0.5);
  });
  it('averages precision over the labels that occur', () => {
    // a by score: 2 (has), 1 (has), -1 (not), -2 (has); b: 3 (has), then the others
    expect(metrics.averagePrecision).toEqual([expect.closeTo(1 / 3 + 1 / 3 + (1 / 3) * (3 / 4), 12), 1, null]);
    expect(metrics.meanAveragePrecision).toBeCloseTo((11 / 12 + 1) / 2, 12);
  });
  it('decides by the threshold it is given', () => {
    expect(multiLabelMetrics([0.6, 0.4], [1, 0], 2, 0.5).exactMatch).toBe(1);
    expect(multiLabelMetrics([0.6, 0.4], [1, 0], 2).exactMatch).toBe(0);
  });
  it('refuses what does not fit', () => {
    expect(() => multiLabelMetrics([1, 2, 3], [1, 0, 1], 2)).toThrow('do not agree');
    expect(() => multiLabelMetrics([], [], 2)).toThrow('do not agree');
  });
});
