/** Labelled texts to a data set: classes and splits, and what is odd about it. */
import type { SplitName } from '@attune/core';
import { DEFAULT_SHARES, type SplitShares, stratifiedGroupSplit, UserError } from '@attune/core';
import { byCodeUnits } from './by-code-units.ts';
import type { TextExample } from './example.ts';
import type { Table } from './table.ts';
import { type LabelledText, type SkippedText, type TableTextsOptions, tableTexts } from './table-texts.ts';
import { textKey } from './text-key.ts';
import { datasetWarnings } from './warnings.ts';

/** Texts that can be learnt from. */
export interface DividedTexts {
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
}

export interface DivideOptions {
  /** Fixes the splits. Default 0. */
  readonly seed?: number | undefined;
  /** Shares of splits that the data set does not give. Default 0.15 and 0.2. */
  readonly shares?: SplitShares | undefined;
  /** `evaluate`: there may be one class alone, and classes that none of train is of. Default `learn`. */
  readonly purpose?: 'learn' | 'evaluate' | undefined;
}

/**
 * @param place What the texts are from, for messages.
 * @param skipped Rows that were left out by now.
 * @param warnings What was odd so far.
 * @throws UserError when there are no texts, one class only, or one without a text to learn from.
 */
export function divideTexts(
  place: string,
  texts: readonly LabelledText[],
  skipped: readonly SkippedText[],
  warnings: readonly string[],
  { seed = 0, shares = DEFAULT_SHARES, purpose = 'learn' }: DivideOptions = {},
): DividedTexts {
  requireTexts(place, texts, skipped);
  const classes = classesOf(texts);
  if (purpose === 'learn' && classes.length < 2)
    throw new UserError(
      `${place} has one class only ('${classes[0]}').`,
      'Give it at least two classes, or name the column of the labels.',
    );
  const labels = new Map(classes.map((name, label) => [name, label]));
  const checked = texts.map(({ name, text, pair, className, split }) => ({
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
  for (const [i, { name, text, pair, className }] of texts.entries())
    splits[drawn[i]!].push({ name, text, ...(pair !== undefined && { pair }), label: labels.get(className)! });
  const trained = new Set(splits.train.map(({ label }) => label));
  const unseen = classes.find((_, label) => !trained.has(label));
  if (purpose === 'learn' && unseen !== undefined)
    throw new UserError(
      `Class '${unseen}' of ${place} has no text to learn from: none of it is in train.`,
      'Add texts, or remove the class.',
    );
  return {
    pairs: texts[0]!.pair !== undefined,
    classes,
    splits,
    givenSplits: [...new Set(texts.flatMap(({ split }) => split ?? []))],
    skipped,
    warnings: [
      ...skipWarnings(skipped),
      ...warnings,
      ...datasetWarnings(
        classes,
        checked.map((text, i) => ({ ...text, split: drawn[i]! })),
      ),
    ],
  };
}

/**
 * A whole table as a data set.
 * @throws UserError as `divideTexts`, and when the columns are not as the options say.
 */
export async function divideTable(
  table: Table,
  options: Omit<TableTextsOptions, 'label' | 'onSkip' | 'onWarning'> &
    DivideOptions & { readonly label?: string | number | undefined } = {},
): Promise<DividedTexts> {
  const texts: LabelledText[] = [];
  const skipped: SkippedText[] = [];
  const warnings = [...table.warnings];
  for await (const text of tableTexts(
    table,
    { name: table.path },
    {
      ...options,
      onSkip: (skip) => skipped.push(skip),
      onWarning: (warning) => warnings.push(warning),
    },
  ))
    texts.push(text);
  return divideTexts(table.path, texts, skipped, warnings, options);
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
