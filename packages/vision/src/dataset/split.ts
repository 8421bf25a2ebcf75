/** Divides examples into train, validation and test so that each class keeps its share in each: a stratified split. */
import { Random } from '@attune/core';
import type { SplitName } from './scan.ts';

export interface SplitShares {
  /** Share of the examples without a split of their own that validation gets, in [0, 1). */
  readonly validation: number;
  /** The same for test. */
  readonly test: number;
}

/** What a data set without splits of its own is divided by. */
export const DEFAULT_SHARES: SplitShares = { validation: 0.15, test: 0.2 };

interface Splittable {
  readonly label: number;
  readonly split?: SplitName | undefined;
}

/**
 * The split of each example. Splits that the data set gives are kept; where it gives train but no validation, validation
 * is drawn from train. Each class keeps at least one example in train. The same seed gives the same split, and a class's
 * split does not depend on the other classes.
 */
export function stratifiedSplit(
  examples: readonly Splittable[],
  seed: number,
  shares: SplitShares = DEFAULT_SHARES,
): SplitName[] {
  const given = new Set(examples.map(({ split }) => split).filter((split) => split !== undefined));
  const splits = examples.map(({ split }) => split ?? 'train');
  const testShare = given.size > 0 ? 0 : shares.test;
  const validationShare = given.has('validation') ? 0 : shares.validation;
  const members = new Map<number, number[]>();
  for (const [i, { label }] of examples.entries()) {
    if (splits[i] !== 'train') continue;
    const list = members.get(label);
    if (list) list.push(i);
    else members.set(label, [i]);
  }
  for (const [label, list] of members) {
    const shuffled = Random.fromSeed(seed).fork(`split/${label}`).shuffle(list);
    const total = shuffled.length;
    const test = take(testShare * total, total - 1);
    const validation = take(validationShare * (total - test), total - test - 1);
    for (const i of shuffled.slice(0, test)) splits[i] = 'test';
    for (const i of shuffled.slice(test, test + validation)) splits[i] = 'validation';
  }
  return splits;
}

/** A share, rounded, of at least one example where the share is not zero and one can be spared. */
function take(share: number, spare: number): number {
  if (share === 0) return 0;
  return Math.max(Math.min(Math.max(Math.round(share), 1), spare), 0);
}
