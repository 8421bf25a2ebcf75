import { describe, expect, it } from 'vitest';
import { LeepAccumulator, leep } from './leep.ts';
import { NceAccumulator, nce } from './nce.ts';

describe('leep', () => {
  // Two source classes. Joint sums: y = 0: (0.9 + 0.6, 0.1 + 0.4) = (1.5, 0.5); y = 1: (0.5, 0.5).
  // P(y = 0 | z) = (1.5 / 2, 0.5 / 1) = (3/4, 1/2).
  const probabilities = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.5, 0.5);
  const labels = [0, 0, 1];
  const byHand =
    (Math.log(0.9 * 0.75 + 0.1 * 0.5) + Math.log(0.6 * 0.75 + 0.4 * 0.5) + Math.log(0.5 * 0.25 + 0.5 * 0.5)) / 3;

  it('is the mean log-likelihood by hand', () => expect(leep(probabilities, labels)).toBeCloseTo(byHand, 12));
  it('is the same from pieces, with classes renamed and a source class that is never seen', () => {
    const accumulator = new LeepAccumulator(3);
    const wide = Float32Array.of(0.9, 0, 0.1, 0.6, 0, 0.4, 0.5, 0, 0.5);
    accumulator.add(wide.subarray(6), [0]);
    accumulator.add(wide.subarray(0, 6), [3, 3]);
    const sum =
      accumulator.logLikelihood(wide.subarray(6), [0]) + accumulator.logLikelihood(wide.subarray(0, 6), [3, 3]);
    expect(sum / 3).toBeCloseTo(byHand, 7);
    expect(() => accumulator.logLikelihood(wide.subarray(6), [4])).toThrow('class 4 was never added');
  });
  it('equals NCE where the source is certain, and is 0 where its classes are the target ones', () => {
    const source = [0, 0, 1, 1, 1];
    const targets = [0, 1, 1, 1, 0];
    const certain = Float32Array.from(source.flatMap((z) => (z === 0 ? [1, 0] : [0, 1])));
    expect(leep(certain, targets)).toBeCloseTo(nce(source, targets), 12);
    expect(leep(certain, source)).toBe(0);
  });
  it('refuses what is not a distribution', () => {
    expect(() => leep(Float64Array.of(0.9, 0.2), [0])).toThrow('example 0 are not a distribution');
    expect(() => leep(Float64Array.of(1.5, -0.5), [0])).toThrow(RangeError);
    expect(() => leep(Float64Array.of(1, 0, 1), [0, 0])).toThrow(RangeError);
    expect(() => leep(new Float64Array(), [])).toThrow('no examples');
    expect(() => leep(Float64Array.of(1), [0.5])).toThrow('label 0.5');
  });
});

describe('nce', () => {
  it('is minus the conditional entropy, by hand', () => {
    // z = 0: y = 0, 0, 1; z = 5: y = 1.
    const expected = (2 * Math.log(2 / 3) + Math.log(1 / 3)) / 4;
    expect(nce([0, 0, 0, 5], [0, 0, 1, 1])).toBeCloseTo(expected, 12);
    const pieces = new NceAccumulator();
    expect(() => pieces.value()).toThrow(RangeError);
    pieces.add([0, 5], [1, 1]);
    pieces.add([0, 0], [0, 0]);
    expect(pieces.value()).toBeCloseTo(expected, 12);
  });
  it('is 0 where the source decides, and the entropy of the classes where it says nothing', () => {
    expect(nce([3, 1, 3], [0, 1, 0])).toBe(0);
    expect(nce([0, 0, 0, 0], [0, 1, 2, 3])).toBeCloseTo(-Math.log(4), 12);
  });
  it('refuses lengths that disagree', () => expect(() => nce([0], [0, 1])).toThrow(RangeError));
});
