import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { between, invert, layoutKey, NCHW, normalise, OIHW, permute, transposeHost } from './permutation.ts';

const permutations = fc.integer({ min: 0, max: 5 }).chain((rank) => {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return fc.shuffledSubarray(axes, { minLength: rank, maxLength: rank });
});

describe('permutations', () => {
  it('an inverse undoes its permutation', () => {
    fc.assert(
      fc.property(permutations, (permutation) => {
        const items = permutation.map((axis) => `axis ${axis}`);
        expect(permute(permute(items, permutation), invert(permutation))).toEqual(items);
      }),
    );
  });

  it('the identity has one form, and its key is empty', () => {
    expect(normalise([0, 1, 2])).toBeNull();
    expect(normalise([1, 0])).toEqual([1, 0]);
    expect(layoutKey(null)).toBe('');
    expect(layoutKey(NCHW)).toBe('0,3,1,2');
  });

  it('between takes one layout to another', () => {
    fc.assert(
      fc.property(permutations, fc.infiniteStream(fc.nat(99)), (from, numbers) => {
        const to = [...from].sort(() => (numbers.next().value as number) - 50);
        const shape = from.map((axis) => axis + 2);
        const steps = between(from, to, from.length);
        expect(permute(permute(shape, from), steps)).toEqual(permute(shape, to));
      }),
    );
    expect(between(NCHW, NCHW, 4)).toBeNull();
    expect(between(null, OIHW, 4)).toEqual(OIHW);
  });
});

describe('transposeHost', () => {
  it('moves each element to its place', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect([...transposeHost(data, [2, 3], [1, 0])]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...transposeHost(Int32Array.of(7), [], [])]).toEqual([7]);
    expect([...transposeHost(new Uint8Array(0), [0, 3], [1, 0])]).toEqual([]);
  });

  it('is undone by the inverse, for any rank', () => {
    fc.assert(
      fc.property(permutations, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (permutation, sizes) => {
        const shape = permutation.map(() => sizes.next().value as number);
        const size = shape.reduce((a, b) => a * b, 1);
        const data = Int32Array.from({ length: size }, (_, i) => i);
        const there = transposeHost(data, shape, permutation);
        expect([...transposeHost(there, permute(shape, permutation), invert(permutation))]).toEqual([...data]);
      }),
    );
  });
});
