import { describe, expect, it } from 'vitest';
import { stratifiedFolds } from './stratified-folds.ts';

describe('stratifiedFolds', () => {
  const labels = [...Array<number>(11).fill(0), ...Array<number>(7).fill(1), 2, 2];
  const sizes = (folds: number[], label?: number) =>
    [0, 1, 2, 3].map((f) => folds.filter((fold, i) => fold === f && (label ?? labels[i]) === labels[i]).length);

  it('gives every fold an equal share of every class', () => {
    const folds = stratifiedFolds(labels, 4, 1);
    expect(sizes(folds)).toEqual([5, 5, 5, 5]);
    for (const label of [0, 1, 2]) {
      const counts = sizes(folds, label);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it('depends on the seed alone, and refuses a single fold', () => {
    expect(stratifiedFolds(labels, 4, 1)).toEqual(stratifiedFolds(labels, 4, 1));
    expect(stratifiedFolds(labels, 4, 2)).not.toEqual(stratifiedFolds(labels, 4, 1));
    expect(() => stratifiedFolds(labels, 1, 1)).toThrow(RangeError);
  });
});
