import { describe, expect, it } from 'vitest';
import { accuracy, confusionMatrix, macroF1, perClassAccuracy, perClassPrecision } from './classification.ts';
import { median, summarize } from './summary.ts';

//                   0  0  0  1  1  2
const labels = [0, 0, 0, 1, 1, 2];
const predictions = [0, 0, 1, 1, 0, 1];

describe('classification metrics', () => {
  const matrix = confusionMatrix(predictions, labels, 4);
  it('counts', () => {
    expect(accuracy(predictions, labels)).toBe(0.5);
    expect(matrix).toEqual([
      [2, 1, 0, 0],
      [1, 1, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
  });
  it('gives each class its share, and null where there is none', () => {
    expect(perClassAccuracy(matrix)).toEqual([2 / 3, 1 / 2, 0, null]);
    expect(perClassPrecision(matrix)).toEqual([2 / 3, 1 / 3, null, null]);
  });
  it('averages F1 over the classes that occur', () => {
    // class 0: TP 2, FP 1, FN 1; class 1: TP 1, FP 2, FN 1; class 2: TP 0, FN 1
    expect(macroF1(matrix)).toBeCloseTo((4 / 6 + 2 / 5 + 0) / 3, 12);
    expect(macroF1([[3]])).toBe(1);
  });
  it('is NaN without examples', () => {
    expect(accuracy([], [])).toBeNaN();
    expect(macroF1([[0]])).toBeNaN();
  });
  it('refuses what does not fit', () => {
    expect(() => accuracy([1], [])).toThrow('1 predictions for 0 labels');
    expect(() => confusionMatrix([4], [0], 4)).toThrow('not in 0..3');
    expect(() => confusionMatrix([0], [-1], 4)).toThrow('not in 0..3');
  });
});

describe('summarize', () => {
  it('gives the sample deviation and the standard error of the mean', () => {
    const { mean, standardDeviation, standardError } = summarize([1, 2, 3, 4]);
    expect(mean).toBe(2.5);
    expect(standardDeviation).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(standardError).toBeCloseTo(Math.sqrt(5 / 12), 12);
  });
  it('has no spread for one value, and no answer for none', () => {
    expect(summarize([7])).toEqual({ count: 1, mean: 7, standardDeviation: 0, standardError: 0 });
    expect(() => summarize([])).toThrow(RangeError);
  });
});

it('finds the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});
