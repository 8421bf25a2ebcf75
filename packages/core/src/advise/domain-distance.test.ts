/** Both distances of domains: the Fréchet distance and the A-distance. */
import { describe, expect, it } from 'vitest';
import { type Dense, jacobi, multiply, randomDense, randomRotation, transpose } from '../../test/dense.ts';
import { aDistance } from './a-distance.ts';
import { FeatureMoments } from './feature-moments.ts';
import { diagonalFrechetDistance, frechetDistance } from './frechet.ts';

const moments = (rows: Dense) => FeatureMoments.of(Float64Array.from(rows.flat()), rows[0]!.length);
const features = (rows: Dense) => ({ values: Float32Array.from(rows.flat()), size: rows[0]!.length });
const square = (values: Float64Array, n: number) =>
  Array.from({ length: n }, (_, i) => [...values.slice(n * i, n * i + n)]);

/** Symmetric square root by Jacobi. */
function root(a: Dense): Dense {
  const { values, vectors } = jacobi(a);
  const scaled = vectors.map((row) => row.map((value, k) => value * Math.sqrt(Math.max(values[k]!, 0))));
  return multiply(scaled, transpose(vectors));
}

const one = randomDense(20, 4, 1);
const two = randomDense(30, 4, 2).map((row) => row.map((value, j) => value * (j + 1) + row[0]! + 0.5 * j));

describe('frechetDistance', () => {
  it('is the closed form for features that are independent', () => {
    // Deviations 1 and 2 in feature 0, 3 and 1 in feature 1, none across: four corners of a box each.
    const corners = (a: number, b: number, at: number) =>
      [
        [a, b],
        [a, -b],
        [-a, b],
        [-a, -b],
      ].map(([x, y]) => [x! + at, y! - at]);
    const [a, b] = [moments(corners(1, 3, 0)), moments(corners(2, 1, 5))];
    const scale = 4 / 3; // of the squares, by count - 1
    expect(frechetDistance(a, b)).toBeCloseTo(50 + scale * (1 + 4), 10);
    expect(diagonalFrechetDistance(a.mean, a.variance(), b.mean, b.variance())).toBeCloseTo(50 + scale * 5, 10);
  });
  it.each([
    ['more', one, two],
    ['fewer', randomDense(4, 6, 3), randomDense(40, 6, 4)],
  ])('is the formula with symmetric roots, with %s examples than features', (_, x, y) => {
    const [a, b] = [moments(x), moments(y)];
    const n = a.size;
    const half = root(square(a.covariance(), n));
    const crossed = jacobi(multiply(half, multiply(square(b.covariance(), n), half))).values;
    let expected = -2 * crossed.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
    for (let i = 0; i < n; i++) expected += (a.mean[i]! - b.mean[i]!) ** 2 + a.variance()[i]! + b.variance()[i]!;
    expect(frechetDistance(a, b)).toBeCloseTo(expected, 6);
    expect(frechetDistance(b, a)).toBeCloseTo(expected, 6);
    const turn = randomRotation(n, 9);
    expect(frechetDistance(moments(multiply(x, turn)), moments(multiply(y, turn)))).toBeCloseTo(expected, 6);
  });
  it('is 0 for equal moments, and the squared step for a shift', () => {
    expect(frechetDistance(moments(one), moments(one))).toBeCloseTo(0, 6);
    const moved = one.map((row) => row.map((value, j) => value + j));
    expect(frechetDistance(moments(one), moments(moved))).toBeCloseTo(14, 6);
    const points = [[[1, 2]], [[4, 6]]].map(moments);
    expect(frechetDistance(points[0]!, points[1]!)).toBe(25);
  });
  it('refuses what cannot be compared', () => {
    expect(() => frechetDistance(moments(one), moments([[1]]))).toThrow('4 features cannot be compared with 1');
    expect(() => frechetDistance(new FeatureMoments(4), moments(one))).toThrow(RangeError);
    expect(() => diagonalFrechetDistance([0], [1], [0], [-1])).toThrow(RangeError);
    expect(() => diagonalFrechetDistance([0], [1], [0, 1], [1])).toThrow(RangeError);
  });
});

describe('aDistance', () => {
  it('is 2 for domains that are apart, about 0 for one domain, and between for neighbours', () => {
    const source = randomDense(120, 5, 1);
    const shifted = (by: number) => features(randomDense(200, 5, 2).map(([x, ...others]) => [x! + by, ...others]));
    expect(aDistance(features(source), shifted(40), { seed: 1 })).toBe(2);
    expect(Math.abs(aDistance(features(source), shifted(0), { seed: 1 }))).toBeLessThan(0.5);
    // Two normal distributions two apart: the best classifier errs at P(N > 1) = 0.159.
    expect(Math.abs(aDistance(features(source), shifted(2), { seed: 1 }) - 2 * (1 - 2 * 0.159))).toBeLessThan(0.3);
  });
  it('depends on the seed alone; takes few and identical features', () => {
    const [a, b] = [features(one), features(two)];
    expect(aDistance(a, b, { seed: 4 })).toBe(aDistance(a, b, { seed: 4 }));
    expect(
      aDistance(
        features([
          [0, 0],
          [0, 1],
        ]),
        features([
          [9, 0],
          [9, 1],
        ]),
        { seed: 1 },
      ),
    ).toBe(2);
    const same = features([[3], [3], [3], [3]]);
    expect(aDistance(same, same, { seed: 1 })).toBeLessThanOrEqual(0);
  });
  it('refuses what cannot be compared', () => {
    expect(() => aDistance(features(one), features([[1], [2]]), { seed: 1 })).toThrow(RangeError);
    expect(() => aDistance(features([[1]]), features([[1], [2]]), { seed: 1 })).toThrow('at least two examples');
    expect(() =>
      aDistance(
        { values: new Float32Array(5), size: 2 },
        features([
          [1, 1],
          [2, 2],
        ]),
        { seed: 1 },
      ),
    ).toThrow('5 values are not rows of 2');
  });
});
