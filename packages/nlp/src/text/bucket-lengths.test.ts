import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { bucketLengths, bucketOf } from './bucket-lengths.ts';

const positions = (lengths: readonly number[], buckets: readonly number[]) =>
  lengths.reduce((sum, length) => sum + bucketOf(length, buckets), 0);

/** Every choice of at most `most` of the lengths, the longest among them. */
function bestByTrying(lengths: readonly number[], most: number): number {
  const sizes = [...new Set(lengths)].sort((a, b) => a - b);
  const longest = sizes.pop()!;
  let best = Infinity;
  for (let choice = 0; choice < 2 ** sizes.length; choice++) {
    const buckets = [...sizes.filter((_, i) => (choice >> i) & 1), longest];
    if (buckets.length <= most) best = Math.min(best, positions(lengths, buckets));
  }
  return best;
}

describe('bucketLengths', () => {
  it('finds the lengths that pad least', () => {
    const random = Random.fromSeed(3);
    for (let trial = 0; trial < 30; trial++) {
      const lengths = Array.from({ length: 40 }, () => 1 + random.integer(8) * (1 + random.integer(2)));
      for (const most of [1, 2, 3, 5]) {
        const buckets = bucketLengths(lengths, { most, multiple: 1 });
        expect(buckets.length).toBeLessThanOrEqual(most);
        expect(positions(lengths, buckets)).toBe(bestByTrying(lengths, most));
      }
    }
  });

  it('keeps to multiples, and to fewer where fewer do', () => {
    expect(bucketLengths([3, 5, 8], { multiple: 8 })).toEqual([8]);
    expect(bucketLengths([3, 30, 30, 31, 200], { most: 3, multiple: 8 })).toEqual([8, 32, 200]);
    expect(() => bucketLengths([])).toThrow(RangeError);
  });
});
