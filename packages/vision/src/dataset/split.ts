/** Divides examples into train, validation and test so that each class keeps its share in each: a stratified split. */
import { DEFAULT_SHARES, type SplitName, type SplitShares, stratifiedGroupSplit } from '@attune/core';
import type { Labelled } from './labels.ts';
import { labelsOf } from './labels.ts';

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
  const strata = rarestLabels(examples);
  const splits = stratifiedGroupSplit(
    examples.map(({ split }, i) => ({ split, stratum: strata[i]! })),
    seed,
    shares,
  );
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
