/** Heads that are fitted, not trained. */
import type { LabelledFeatures } from '@attune/core';
import { Random } from '@attune/core';
import { expect, it } from 'vitest';
import { fitHead, HEAD_DECAYS, headProbabilities } from './linear-head.ts';

/** The first feature tells the class of most, the others are noise. */
function features(count: number, seed: number, size = 20): LabelledFeatures {
  const random = Random.fromSeed(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const values = Float32Array.from({ length: count * size }, (_, i) =>
    i % size === 0 ? random.normal(labels[i / size]! === 1 ? 1 : -1, 1) : random.normal(0, 1),
  );
  return { values, size, labels };
}

it('takes the penalty that does best on validation, and a given one', () => {
  const [train, validation] = [features(40, 1), features(200, 2)];
  const losses = HEAD_DECAYS.map((decay) => {
    const { head } = fitHead(train, { classes: 2, decay });
    const probabilities = headProbabilities(head, validation.values);
    return validation.labels.reduce((sum, label, i) => sum - Math.log(probabilities[2 * i + label]!), 0);
  });
  const best = HEAD_DECAYS[losses.indexOf(Math.min(...losses))]!;
  expect(best).not.toBe(0.01);
  expect(fitHead(train, { classes: 2, validation }).decay).toBe(best);
  expect(fitHead(train, { classes: 2 }).decay).toBe(0.1);
  expect(fitHead(train, { classes: 2, decay: 0.3, validation }).decay).toBe(0.3);
});

it('gives probabilities of all classes, next to none to one without examples', () => {
  const { head } = fitHead(features(30, 3), { classes: 3 });
  const probabilities = headProbabilities(head, features(10, 4).values);
  expect(probabilities).toHaveLength(30);
  for (let i = 0; i < 30; i += 3) {
    expect(probabilities[i]! + probabilities[i + 1]!).toBeCloseTo(1, 6);
    expect(probabilities[i + 2]).toBe(0);
  }
});
