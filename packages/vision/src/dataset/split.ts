/** Divides examples into train, validation and test so that each class keeps its share in each: a stratified split. */
import { Random } from '@attune/core';
import type { Labelled } from './labels.ts';
import { labelsOf } from './labels.ts';
import type { SplitName } from './scan.ts';

export interface SplitShares {
  /** Share of the examples without a split of their own that validation gets, in [0, 1). */
  readonly validation: number;
  /** The same for test. */
  readonly test: number;
}

/** What a data set without splits of its own is divided by. */
export const DEFAULT_SHARES: SplitShares = { validation: 0.15, test: 0.2 };

interface Splittable extends Labelled {
  readonly split?: SplitName | undefined;
}

/**
 * The split of each example. Splits that the data set gives are kept; where it gives train but no validation, validation
 * is drawn from train. Each class keeps at least one example in train. The same seed gives the same split, and a class's
 * split does not depend on the other classes. An example of several labels is counted for the rarest of them, as the others
 * have examples to spare.
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
  const strata = rarestLabels(examples);
  for (const [i, label] of strata.entries()) {
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
  keepInTrain(examples, splits);
  return splits;
}

/** The class of each example; of several labels the one that the fewest examples have, -1 of none. */
function rarestLabels(examples: readonly Splittable[]): number[] {
  const counts = new Map<number, number>();
  for (const label of examples.flatMap(labelsOf)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return examples.map((example) =>
    labelsOf(example).reduce(
      (rarest, label) => (counts.get(label)! < (counts.get(rarest) ?? Infinity) ? label : rarest),
      -1,
    ),
  );
}

/** Takes an example back for each label that was left without one in train: it was never the rarest of any. In place. */
function keepInTrain(examples: readonly Splittable[], splits: SplitName[]): void {
  const trained = new Set(examples.flatMap((example, i) => (splits[i] === 'train' ? labelsOf(example) : [])));
  for (const [i, example] of examples.entries()) {
    if (splits[i] === example.split || labelsOf(example).every((label) => trained.has(label))) continue;
    splits[i] = 'train';
    for (const label of labelsOf(example)) trained.add(label);
  }
}

/** A share, rounded, of at least one example where the share is not zero and one can be spared. */
function take(share: number, spare: number): number {
  if (share === 0) return 0;
  return Math.max(Math.min(Math.max(Math.round(share), 1), spare), 0);
}
