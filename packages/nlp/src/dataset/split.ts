/**
 * Divides texts into train, validation and test so that each class keeps its share in each (stratified), and copies of a
 * text stay on one side (grouped): a test text that was learnt from tells nothing.
 */
import { Random } from '@attune/core';
import type { SplitName } from './split-name.ts';

export interface SplitShares {
  /** Share of the examples without a split of their own that validation gets, in [0, 1). */
  readonly validation: number;
  /** The same for test. */
  readonly test: number;
}

/** What a data set without splits of its own is divided by. */
export const DEFAULT_SHARES: SplitShares = { validation: 0.15, test: 0.2 };

export interface SplittableText {
  readonly label: number;
  /** The same for texts that must not be divided: see `textKey`. */
  readonly key: string;
  readonly split?: SplitName | undefined;
}

/** What texts are the same by: words in their order, whatever the case, the white space and the Unicode form. */
export function textKey(text: string, pair?: string): string {
  const plain = (words: string) => words.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean).join(' ');
  return pair === undefined ? plain(text) : `${plain(text)}\n${plain(pair)}`;
}

/**
 * The split of each example. Splits that the data set gives are kept; where it gives train but no validation, validation
 * is drawn from train. Each class keeps at least one group in train. The same seed gives the same split, and a class's split
 * does not depend on the other classes; a group with several classes counts for that of its first example.
 */
export function stratifiedTextSplit(
  examples: readonly SplittableText[],
  seed: number,
  shares: SplitShares = DEFAULT_SHARES,
): SplitName[] {
  const given = new Set(examples.map(({ split }) => split).filter((split) => split !== undefined));
  const splits = examples.map(({ split }) => split ?? 'train');
  const testShare = given.size > 0 ? 0 : shares.test;
  const validationShare = given.has('validation') ? 0 : shares.validation;
  for (const [label, groups] of groupsOfClasses(examples, splits)) {
    const shuffled = Random.fromSeed(seed).fork(`split/${label}`).shuffle(groups);
    const total = shuffled.reduce((sum, group) => sum + group.length, 0);
    const test = take(shuffled, testShare * total);
    const validation = take(test.rest, validationShare * (total - test.taken.length));
    for (const i of test.taken) splits[i] = 'test';
    for (const i of validation.taken) splits[i] = 'validation';
  }
  return splits;
}

/** Of the examples in train, by class: the numbers of those that are the same, together. */
function groupsOfClasses(examples: readonly SplittableText[], splits: readonly SplitName[]): Map<number, number[][]> {
  const byKey = new Map<string, number[]>();
  const classes = new Map<number, number[][]>();
  for (const [i, { key, label }] of examples.entries()) {
    if (splits[i] !== 'train') continue;
    const group = byKey.get(key);
    if (group) {
      group.push(i);
      continue;
    }
    const fresh = [i];
    byKey.set(key, fresh);
    const groups = classes.get(label);
    if (groups) groups.push(fresh);
    else classes.set(label, [fresh]);
  }
  return classes;
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
