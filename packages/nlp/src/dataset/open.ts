/**
 * Opens a data set of labelled texts or pairs: reads all of it, leaves out what cannot be learnt from, divides it into
 * splits and takes the fingerprint that results are traced by.
 */
import { createHash } from 'node:crypto';
import type { SplitName } from '@attune/core';
import { DEFAULT_SHARES, type SplitShares, stratifiedGroupSplit, UserError } from '@attune/core';
import type { TextExample } from './example.ts';
import { byCodeUnits } from './locate.ts';
import { type LabelledText, type ReadTextsOptions, readTexts, type SkippedText, type TextPath } from './read-texts.ts';
import { textKey } from './text-key.ts';
import { datasetWarnings } from './warnings.ts';

export interface TextDataset {
  /** As it was opened. */
  readonly path: TextPath;
  /** Whether every example is a pair of texts. */
  readonly pairs: boolean;
  /** Names of the classes; a label is a position in this list. In the order of numbers where all are, else by code units. */
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, readonly TextExample[]>>;
  /** Splits that the data set gives itself; the others were drawn. */
  readonly givenSplits: readonly SplitName[];
  /** Rows that were left out, and why. */
  readonly skipped: readonly SkippedText[];
  /** What is wrong with the data and does not keep from learning: sentences. */
  readonly warnings: readonly string[];
  /** SHA-256, hex, over texts, labels and given splits, in their order. */
  readonly fingerprint: string;
}

export interface OpenTextsOptions extends Omit<ReadTextsOptions, 'label' | 'onSkip' | 'onWarning'> {
  readonly label?: string | number | undefined;
  /** Fixes the splits. Default 0. */
  readonly seed?: number | undefined;
  /** Shares of splits that the data set does not give. Default 0.15 and 0.2. */
  readonly shares?: SplitShares | undefined;
  /** Called after every 10,000 texts. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** @throws UserError when there is nothing to read, the files are not as the options say, or a class cannot be learnt. */
export async function openTexts(path: TextPath, options: OpenTextsOptions = {}): Promise<TextDataset> {
  const { seed = 0, shares = DEFAULT_SHARES, onProgress, ...reading } = options;
  const place = typeof path === 'string' ? path : Object.values(path).join(', ');
  const skipped: SkippedText[] = [];
  const warnings: string[] = [];
  const read: LabelledText[] = [];
  const hash = createHash('sha256');
  for await (const text of readTexts(path, {
    ...reading,
    onSkip: (skip) => skipped.push(skip),
    onWarning: (warning) => warnings.push(warning),
  })) {
    read.push(text);
    hash.update(`${JSON.stringify([text.split ?? null, text.className, text.text, text.pair ?? null])}\n`);
    if (read.length % 10_000 === 0) onProgress?.(read.length);
  }
  requireTexts(place, read, skipped);
  const classes = classesOf(read);
  if (classes.length < 2)
    throw new UserError(
      `${place} has one class only ('${classes[0]}').`,
      'Give it at least two classes, or name the column of the labels.',
    );
  const labels = new Map(classes.map((name, label) => [name, label]));
  const checked = read.map(({ name, text, pair, className, split }) => ({
    name,
    label: labels.get(className)!,
    key: textKey(text, pair),
    split,
  }));
  // Copies stay on one side: a test text that was learnt from tells nothing.
  const drawn = stratifiedGroupSplit(
    checked.map(({ label, key, split }) => ({ stratum: label, key, split })),
    seed,
    shares,
  );
  const splits: Record<SplitName, TextExample[]> = { train: [], validation: [], test: [] };
  for (const [i, { name, text, pair, className }] of read.entries())
    splits[drawn[i]!].push({ name, text, ...(pair !== undefined && { pair }), label: labels.get(className)! });
  const trained = new Set(splits.train.map(({ label }) => label));
  const unseen = classes.find((_, label) => !trained.has(label));
  if (unseen !== undefined)
    throw new UserError(
      `Class '${unseen}' of ${place} has no text to learn from: none of it is in train.`,
      'Add texts, or remove the class.',
    );
  return {
    path,
    pairs: read[0]!.pair !== undefined,
    classes,
    splits,
    givenSplits: [...new Set(read.flatMap(({ split }) => split ?? []))],
    skipped,
    warnings: [
      ...skipWarnings(skipped),
      ...warnings,
      ...datasetWarnings(
        classes,
        checked.map((text, i) => ({ ...text, split: drawn[i]! })),
      ),
    ],
    fingerprint: hash.digest('hex'),
  };
}

function requireTexts(place: string, read: readonly LabelledText[], skipped: readonly SkippedText[]): void {
  if (read.length > 0) {
    const odd = read.find(({ pair }) => (pair === undefined) !== (read[0]!.pair === undefined));
    if (odd)
      throw new UserError(
        `${odd.name} is ${odd.pair === undefined ? 'a single text' : 'a pair'}, and ${read[0]!.name} is not.`,
        'Give all splits the same columns.',
      );
    return;
  }
  if (skipped.length === 0) throw new UserError(`${place} has no texts.`, 'Give a file with labelled texts.');
  throw new UserError(
    `None of the ${skipped.length} rows of ${place} can be used: ${skipped[0]!.name}, for one: ${skipped[0]!.reason}.`,
    'Check which columns hold the text and the label.',
  );
}

function classesOf(texts: readonly LabelledText[]): string[] {
  const names = [...new Set(texts.map(({ className }) => className))];
  if (names.every((name) => /^-?\d{1,15}$/.test(name)))
    return names.sort((a, b) => Number(a) - Number(b) || byCodeUnits(a, b));
  return names.sort(byCodeUnits);
}

/** How many rows were left out, for each reason. */
function skipWarnings(skipped: readonly SkippedText[]): string[] {
  const reasons = new Map<string, SkippedText[]>();
  for (const skip of skipped) {
    const list = reasons.get(skip.reason);
    if (list) list.push(skip);
    else reasons.set(skip.reason, [skip]);
  }
  return [...reasons].map(([reason, list]) =>
    list.length === 1
      ? `1 row was left out: ${list[0]!.name}: ${reason}.`
      : `${list.length} rows were left out: ${list[0]!.name}, for one: ${reason}.`,
  );
}
