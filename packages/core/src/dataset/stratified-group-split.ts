/**
 * Divides examples into train, validation and test so that each class keeps its share in each (stratified), and those that
 * belong together stay on one side (grouped).
 */
import { Random } from '../random.ts';
import type { SplitName } from './split-name.ts';

export interface SplitShares {
  /** Share of the examples without a split of their own that validation gets, in [0, 1). */
  readonly validation: number;
  /** The same for test. */
  readonly test: number;
}

/** What a data set without splits of its own is divided by. */
export const DEFAULT_SHARES: SplitShares = { validation: 0.15, test: 0.2 };

export interface SplittableExample {
  /** The class that it counts for. */
  readonly stratum: number;
  /** The same for examples that must not be divided; undefined: it may go anywhere. */
  readonly key?: string | undefined;
  /** That the data set gives. */
  readonly split?: SplitName | undefined;
}

/**
 * The split of each example. Splits that the data set gives are kept; where it gives train but no validation, validation
 * is drawn from train. Each class keeps at least one group in train. The same seed gives the same split, and a class's split
 * does not depend on the other classes; a group with several classes counts for that of its first example.
 */
export function stratifiedGroupSplit(
  examples: readonly SplittableExample[],
  seed: number,
  shares: SplitShares = DEFAULT_SHARES,
): SplitName[] {
  const given = new Set(examples.map(({ split }) => split).filter((split) => split !== undefined));
  const splits = examples.map(({ split }) => split ?? 'train');
  const testShare = given.size > 0 ? 0 : shares.test;
  const validationShare = given.has('validation') ? 0 : shares.validation;
  for (const [stratum, groups] of groupsOfStrata(examples, splits)) {
    const shuffled = Random.fromSeed(seed).fork(`split/${stratum}`).shuffle(groups);
    const total = shuffled.reduce((sum, group) => sum + group.length, 0);
    const test = take(shuffled, testShare * total);
    const validation = take(test.rest, validationShare * (total - test.taken.length));
    for (const i of test.taken) splits[i] = 'test';
    for (const i of validation.taken) splits[i] = 'validation';
  }
  return splits;
}

/** Of the examples in train, by class: the numbers of those that belong together. */
function groupsOfStrata(examples: readonly SplittableExample[], splits: readonly SplitName[]): Map<number, number[][]> {
  const byKey = new Map<string, number[]>();
  const strata = new Map<number, number[][]>();
  for (const [i, { key, stratum }] of examples.entries()) {
    if (splits[i] !== 'train') continue;
    const group = key === undefined ? undefined : byKey.get(key);
    if (group) {
      group.push(i);
      continue;
    }
    const fresh = [i];
    if (key !== undefined) byKey.set(key, fresh);
    const groups = strata.get(stratum);
    if (groups) groups.push(fresh);
    else strata.set(stratum, [fresh]);
  }
  return strata;
}

/**
 * Takes groups from the front until the share is reached, leaving out those that go past it and never the last one. One
 * example at least, where the share is not zero and a group can be spared.
 */
function take(groups: readonly number[][], share: number): { readonly taken: number[]; readonly rest: number[][] } {
  const wanted = share === 0 ? 0 : Math.max(Math.round(share), 1);
  const taken: number[] = [];
  const rest: number[][] = [];
  let left = groups.length;
  for (const group of groups) {
    if (left > 1 && taken.length + group.length <= wanted) {
      for (const i of group) taken.push(i);
      left--;
    } else rest.push(group);
  }
  return { taken, rest };
}
