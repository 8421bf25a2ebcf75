/**
 * Pairs of labelled examples for contrastive tuning: of one class, or of two (Tunstall et al. 2022, arXiv:2209.11055, section
 * 3.1). From few examples come many pairs.
 */
import type { Random } from '@attune/core';

export interface ExamplePair {
  readonly first: number;
  readonly second: number;
  /** 1: of one class; 0: of two. */
  readonly same: 0 | 1;
}

/**
 * As the paper, `iterations` pairs of one class and as many of two for every example, in random order. An example that is
 * alone in its class is paired with itself.
 * @throws RangeError when there are fewer than two classes.
 */
export function contrastivePairs(labels: ArrayLike<number>, iterations: number, random: Random): ExamplePair[] {
  const byClass = new Map<number, number[]>();
  for (const [i, label] of Array.from(labels).entries()) byClass.set(label, [...(byClass.get(label) ?? []), i]);
  if (byClass.size < 2) throw new RangeError('pairs of two classes need examples of two');
  const all = Array.from({ length: labels.length }, (_, i) => i);
  const pairs: ExamplePair[] = [];
  const pick = (from: readonly number[]) => from[random.integer(from.length)]!;
  for (const first of all) {
    const own = byClass.get(labels[first]!)!.filter((i) => i !== first);
    const others = all.filter((i) => labels[i] !== labels[first]);
    for (let n = 0; n < iterations; n++) {
      pairs.push({ first, second: own.length === 0 ? first : pick(own), same: 1 });
      pairs.push({ first, second: pick(others), same: 0 });
    }
  }
  return random.shuffle(pairs);
}
