import { describe, expect, it } from 'vitest';
import { randomDense } from '../../test/dense.ts';
import { FeatureMoments } from './feature-moments.ts';

const rows = randomDense(20, 3, 1);
const flat = (part: number[][]) => Float64Array.from(part.flat());

describe('FeatureMoments', () => {
  const whole = FeatureMoments.of(flat(rows), 3);

  it('holds the mean and the sample covariance', () => {
    const moments = FeatureMoments.of(Float32Array.of(1, 10, 3, 14, 5, 6), 2);
    expect([moments.count, ...moments.mean]).toEqual([3, 3, 10]);
    expect([...moments.covariance()]).toEqual([4, -4, -4, 16]);
    expect([...moments.variance()]).toEqual([4, 16]);
  });
  it('is the same from pieces, merged or added in any order', () => {
    const pieces = new FeatureMoments(3);
    pieces.add(flat(rows.slice(12)));
    pieces.add(new Float64Array());
    const other = FeatureMoments.of(flat(rows.slice(0, 5)), 3);
    other.merge(FeatureMoments.of(flat(rows.slice(5, 12)), 3));
    other.merge(new FeatureMoments(3));
    pieces.merge(other);
    expect(pieces.count).toBe(20);
    for (let i = 0; i < 9; i++) expect(pieces.scatter[i]).toBeCloseTo(whole.scatter[i]!, 11);
    for (let i = 0; i < 3; i++) expect(pieces.mean[i]).toBeCloseTo(whole.mean[i]!, 13);
  });
  it('keeps a small variance beside a great mean', () => {
    const moments = new FeatureMoments(1);
    for (let i = 0; i < 500; i++) moments.add(Float64Array.of(1e9 - 1, 1e9 + 1));
    expect(moments.variance()[0]).toBeCloseTo(1000 / 999, 6);
  });
  it('has no variance for one example, and refuses what does not fit', () => {
    expect([...FeatureMoments.of(Float32Array.of(1, 2), 2).covariance()]).toEqual([0, 0, 0, 0]);
    expect(() => FeatureMoments.of(Float32Array.of(1, 2, 3), 2)).toThrow(RangeError);
    expect(() => whole.merge(new FeatureMoments(2))).toThrow(RangeError);
    expect(() => new FeatureMoments(1.5)).toThrow(RangeError);
    expect(() => new FeatureMoments(1).add(Float64Array.of(Number.POSITIVE_INFINITY))).toThrow('feature 0 of row 0');
  });
});
