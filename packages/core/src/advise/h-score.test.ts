import { describe, expect, it } from 'vitest';
import {
  type Dense,
  identity,
  labelled,
  multiply,
  plus,
  randomDense,
  solve,
  trace,
  transpose,
} from '../../test/dense.ts';
import { HScoreAccumulator, hScore, shrunkHScore } from './h-score.ts';

const labels = Array.from({ length: 30 }, (_, i) => (i % 7 === 0 ? 2 : i % 2));
const rows = randomDense(30, 4, 9).map((row, i) =>
  row.map((value, j) => Math.fround(value + (j === labels[i] ? 1 : 0))),
);

function centred(x: Dense): Dense {
  const means = x[0]!.map((_, j) => x.reduce((sum, row) => sum + row[j]!, 0) / x.length);
  return x.map((row) => row.map((value, j) => value - means[j]!));
}
function classMeans(x: Dense): Dense {
  return x.map((_, i) => {
    const same = x.filter((_, j) => labels[j] === labels[i]);
    return x[0]!.map((_, k) => same.reduce((sum, row) => sum + row[k]!, 0) / same.length);
  });
}
const covariance = (x: Dense) => multiply(transpose(centred(x)), centred(x)).map((row) => row.map((v) => v / x.length));

describe('hScore', () => {
  it('is tr(cov(f)^-1 cov(E[f | y]))', () => {
    const expected = trace(solve(covariance(rows), covariance(classMeans(rows))).solution);
    expect(hScore(labelled(rows, labels))).toBeCloseTo(expected, 9);
  });
  it('is the share of the variance between two classes in one dimension', () => {
    // Means -1 and 1, total variance 1 + 1/4: the classes explain 1 / 1.25.
    expect(hScore(labelled([[-1.5], [-0.5], [0.5], [1.5]], [0, 0, 1, 1]))).toBeCloseTo(0.8, 12);
  });
  it('does not change with a linear map, and reaches classes - 1 with too few examples', () => {
    const map = plus(identity(4, 2), randomDense(4, 4, 1), 0.5);
    expect(hScore(labelled(multiply(rows, map), labels))).toBeCloseTo(hScore(labelled(rows, labels)), 4);
    expect(hScore(labelled(randomDense(9, 20, 2), [0, 0, 0, 1, 1, 1, 2, 2, 2]))).toBeCloseTo(2, 9);
  });
});

describe('HScoreAccumulator', () => {
  it('gives the same from pieces', () => {
    const accumulator = new HScoreAccumulator(4);
    expect(() => accumulator.value()).toThrow(RangeError);
    for (const [from, to] of [
      [0, 1],
      [1, 8],
      [8, 30],
    ])
      accumulator.add(labelled(rows.slice(from, to), labels.slice(from, to)));
    expect(accumulator.value()).toBeCloseTo(hScore(labelled(rows, labels)), 10);
    expect(() => accumulator.add(labelled([[1]], [0]))).toThrow('1 features, and 4 before');
  });
  it('is 0 for features that are all identical', () => {
    const accumulator = new HScoreAccumulator(2);
    for (let i = 0; i < 5; i++)
      accumulator.add(
        labelled(
          [
            [0.1, 3e7],
            [0.1, 3e7],
          ],
          [0, 1],
        ),
      );
    expect(accumulator.value()).toBe(0);
  });
});

describe('shrunkHScore', () => {
  /** Ledoit and Wolf's formulas, literally, with norms divided by the size. */
  function expected(x: Dense, of: Dense): number {
    const n = x.length;
    const p = x[0]!.length;
    const s = covariance(x);
    const norm = (a: Dense) => a.flat().reduce((sum, value) => sum + value * value, 0) / p;
    const mu = trace(s) / p;
    const distance = norm(plus(s, identity(p), -mu));
    const noise =
      centred(x).reduce((sum, row) => sum + norm(plus(multiply(transpose([row]), [row]), s, -1)), 0) / (n * n);
    const alpha = Math.min(noise, distance) / distance;
    const shrunk = plus(identity(p, alpha * mu), s, 1 - alpha);
    expect(alpha).toBeGreaterThan(0.01);
    expect(alpha).toBeLessThan(1);
    return (1 - alpha) * trace(solve(shrunk, covariance(of)).solution);
  }
  it('is the H-score with the shrunk covariance', () => {
    const scaled = rows.map((row) => row.map((value, j) => Math.fround(value * (j + 1))));
    expect(shrunkHScore(labelled(scaled, labels))).toBeCloseTo(expected(scaled, classMeans(scaled)), 9);
  });
  it('is so with fewer examples than features', () => {
    const wide = randomDense(30, 36, 3).map((row) => row.map((value, j) => Math.fround(value / (1 + j))));
    expect(shrunkHScore(labelled(wide, labels))).toBeCloseTo(expected(wide, classMeans(wide)), 8);
  });
});
