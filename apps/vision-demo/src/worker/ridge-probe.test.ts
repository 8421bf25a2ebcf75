import { Random } from '@attune/core';
import { expect, it } from 'vitest';
import { crossValidatedAccuracy } from './ridge-probe.ts';

/** Three classes of normal clouds around the corners of a triangle, `apart` standard deviations from the middle. */
function clouds(apart: number): { values: Float32Array; labels: number[] } {
  const random = Random.fromSeed(3);
  const labels = Array.from({ length: 90 }, (_, i) => i % 3);
  const values = Float32Array.from(
    labels.flatMap((label) => {
      const angle = (label * 2 * Math.PI) / 3;
      return [random.normal(apart * Math.cos(angle)), random.normal(apart * Math.sin(angle)), random.normal(7, 100), 4];
    }),
  );
  return { values, labels };
}

it('names clouds that lie apart, and only guesses where there is nothing to tell', () => {
  const far = clouds(6);
  expect(crossValidatedAccuracy(far.values, 4, far.labels, 3)).toBe(1);
  const near = clouds(0);
  const guessed = crossValidatedAccuracy(near.values, 4, near.labels, 3);
  expect(guessed).toBeGreaterThan(0.15);
  expect(guessed).toBeLessThan(0.5);
});
