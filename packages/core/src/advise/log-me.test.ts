import { describe, expect, it } from 'vitest';
import { type Dense, identity, labelled, multiply, plus, randomDense, solve, transpose } from '../../test/dense.ts';
import { logMe } from './log-me.ts';

/** log N(y; 0, I/b + FF'/a) / N: the evidence by its definition, with the determinant and inverse of the covariance. */
function evidence(rows: Dense, y: number[], a: number, b: number): number {
  const n = y.length;
  const covariance = plus(identity(n, 1 / b), multiply(rows, transpose(rows)), 1 / a);
  const { solution, logDeterminant } = solve(
    covariance,
    y.map((value) => [value]),
  );
  const square = y.reduce((sum, value, i) => sum + value * solution[i]![0]!, 0);
  return -(n * Math.log(2 * Math.PI) + logDeterminant + square) / 2 / n;
}

/** MacKay's fixed point by solving for the weights, round by round. */
function fixedPoint(rows: Dense, y: number[]): number {
  const n = y.length;
  let a = 1;
  let b = 1;
  for (let round = 0; round < 11; round++) {
    const gram = multiply(transpose(rows), rows);
    const precision = plus(identity(gram.length, a), gram, b);
    const column = y.map((value) => [value]);
    const m = solve(precision, multiply(transpose(rows), column)).solution.map(([value]) => value! * b);
    // Effective weights: the trace of b F'F (aI + b F'F)^-1.
    const hat = solve(precision, gram).solution;
    const effective = b * hat.reduce((sum, row, i) => sum + row[i]!, 0);
    const before = a / b;
    const residual = rows.reduce(
      (sum, row, i) => sum + (row.reduce((s, value, j) => s + value * m[j]!, 0) - y[i]!) ** 2,
      0,
    );
    a = effective / m.reduce((sum, value) => sum + value * value, 0);
    b = (n - effective) / residual;
    if (Math.abs(a / b - before) <= 1e-3 * before) break;
  }
  return evidence(rows, y, a, b);
}

describe('logMe', () => {
  it.each([
    [25, 4],
    [8, 11],
  ])('is the evidence of Bayesian linear regression, %i examples of %i features', (count, size) => {
    const rows = randomDense(count, size, count);
    const labels = rows.map((row) => (row[0]! + 0.3 * row[1]! > 0.2 ? 1 : row[1]! > 0.5 ? 2 : 0));
    const classes = [0, 1, 2].map((c) => labels.map((label) => (label === c ? 1 : 0)));
    const expected = classes.reduce((sum, y) => sum + fixedPoint(rows, y), 0) / 3;
    expect(logMe(labelled(rows, labels))).toBeCloseTo(expected, 8);
  });
  it('comes close to the greatest evidence of a grid', () => {
    const rows = randomDense(30, 3, 4);
    const labels = rows.map((row, i) => (row[0]! + 0.5 * Math.sin(i) > 0 ? 1 : 0));
    const grid = Array.from({ length: 21 }, (_, i) => 10 ** (-2 + i / 5));
    const best = [0, 1].map((c) =>
      Math.max(
        ...grid.flatMap((a) =>
          grid.map((b) =>
            evidence(
              rows,
              labels.map((l) => (l === c ? 1 : 0)),
              a,
              b,
            ),
          ),
        ),
      ),
    );
    expect(logMe(labelled(rows, labels))).toBeCloseTo((best[0]! + best[1]!) / 2, 2);
  });
  it('gives features of zeros the evidence of noise', () => {
    // y = (1, 0) and (0, 1), b = 2: log N(y; 0, 1/2) for both classes.
    const expected = -(Math.log(Math.PI) + 1) / 2;
    expect(logMe(labelled([[0], [0]], [0, 1]))).toBeCloseTo(expected, 12);
  });
});
