import { describe, expect, it } from 'vitest';
import { type Dense, identity, labelled, multiply, plus, randomDense, solve, transpose } from '../../test/dense.ts';
import { transRate } from './trans-rate.ts';

const rate = (x: Dense, epsilon: number) => {
  const size = x[0]!.length;
  const matrix = plus(identity(size), multiply(transpose(x), x), 1 / (x.length * epsilon));
  return solve(matrix, identity(size)).logDeterminant / 2;
};

describe('transRate', () => {
  it('is R(F) less the mean of R(F_c)', () => {
    // One feature, centred already: n = 4, sums of squares 10 in all, 5 in each class of two.
    const features = labelled([[-2], [1], [-1], [2]], [0, 0, 1, 1]);
    const expected = Math.log1p(10 / (4 * 0.1)) / 2 - Math.log1p(5 / (2 * 0.1)) / 2;
    expect(transRate(features, { epsilon: 0.1 })).toBeCloseTo(expected, 12);
  });
  it.each([
    [20, 5],
    [9, 14],
  ])('agrees with determinants by elimination, %i examples of %i features', (count, size) => {
    const rows = randomDense(count, size, count);
    const labels = rows.map((_, i) => (i < 3 ? 0 : 1));
    const means = rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / count);
    const centred = rows.map((row) => row.map((value, j) => value - means[j]!));
    const expected = rate(centred, 1e-4) - (rate(centred.slice(0, 3), 1e-4) + rate(centred.slice(3), 1e-4)) / 2;
    expect(transRate(labelled(rows, labels))).toBeCloseTo(expected, 8);
  });
  it('does not depend on where the features are centred, and refuses an epsilon of 0', () => {
    const rows = [[0], [1], [5], [6]];
    const moved = rows.map(([value]) => [value! + 64]);
    expect(transRate(labelled(moved, [0, 0, 1, 1]))).toBeCloseTo(transRate(labelled(rows, [0, 0, 1, 1])), 9);
    expect(() => transRate(labelled(rows, [0, 0, 1, 1]), { epsilon: 0 })).toThrow(RangeError);
  });
});
