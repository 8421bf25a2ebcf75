/** The texts that are worked on: their classes, and which are trained on and which held back. */
import { UserError } from '@attune/core';
import {
  chooseColumns,
  type DividedTexts,
  divideTable,
  parseDelimited,
  type Table,
  type TextExample,
} from '@attune/nlp';
import { TEXT_TASKS, type TextTaskName, textTaskExamples } from '@attune/test-fixtures';
import type { BuiltInTask, DataSummary, GivenTable, TablePreview } from '../api.ts';

export const TARGETS: Readonly<Record<BuiltInTask, TextTaskName>> = { similar: 'remarks', different: 'questions' };

const SEED = 1;

/** Texts of the built-in sets that are held back, a class. */
const BUILT_IN = { validation: 20, test: 60 } as const;

/** Tables above these are refused: the command line takes them. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_ROWS = 20_000;
const MOST_CLASSES = 50;

const [PREVIEWED, CELL] = [3, 80];

export type Splits = Readonly<Record<'train' | 'validation' | 'test', readonly TextExample[]>>;

/** The texts of a built-in target. */
export function builtInTexts(
  task: BuiltInTask,
  perClass: number,
): { readonly classes: readonly string[]; readonly splits: Splits } {
  const drawn = TEXT_TASKS[TARGETS[task]];
  const draw = (split: string, count: number) => textTaskExamples(drawn, split, count, SEED);
  return {
    classes: drawn.classes,
    splits: {
      train: draw('train', perClass),
      validation: draw('validation', BUILT_IN.validation),
      test: draw('test', BUILT_IN.test),
    },
  };
}

export class Collection {
  classes: readonly string[] = [];
  splits: Splits = { train: [], validation: [], test: [] };
  private title = '';
  private warnings: readonly string[] = [];
  private table: Table | undefined;

  useBuiltIn(task: BuiltInTask, perClass: number): void {
    const { classes, splits } = builtInTexts(task, perClass);
    this.set(`Built-in ${TARGETS[task]}`, { classes, splits, warnings: [] });
  }

  /** @throws UserError when it is no table, or too large for a page. */
  async read({ name, content, header }: GivenTable): Promise<TablePreview> {
    const bytes = typeof content === 'string' ? content.length : content.size;
    if (bytes > MOST_BYTES)
      throw new UserError(
        `${name} is larger than ${MOST_BYTES / 1048576} MiB.`,
        'Use the command line for large sets.',
      );
    const text = typeof content === 'string' ? content : decode(new Uint8Array(await content.arrayBuffer()));
    if (text.includes('\0')) throw new UserError(`${name} is no text.`, 'Give a CSV or TSV file.');
    const table = parseDelimited(text, name, kindOf(name, text), { header });
    if (table.columns.length < 2)
      throw new UserError(
        `${name} has one column only.`,
        'Give one of texts and one of labels, with a comma or a tab between.',
      );
    const positions = table.columns.map((_, i) => i);
    const rows: string[][] = [];
    let count = 0;
    for await (const { cells } of table.rows(positions)) {
      if (rows.length < PREVIEWED) rows.push(cells.map(shortened));
      count++;
    }
    if (count > MOST_ROWS)
      throw new UserError(`${name} has more than ${MOST_ROWS} rows.`, 'Use the command line for large sets.');
    this.table = table;
    return { name, columns: table.columns, ...guessColumns(table, rows), rows, count };
  }

  /** @throws UserError when the table that was read last cannot be learnt from. */
  async useTable({ text, label }: { readonly text: number; readonly label: number }): Promise<void> {
    const { table } = this;
    if (table === undefined) throw new UserError('There is no table yet.', 'Paste or choose one.');
    const divided = await divideTable(table, { text: text + 1, label: label + 1, pair: null, seed: SEED });
    if (divided.classes.length > MOST_CLASSES)
      throw new UserError(
        `${table.path} has ${divided.classes.length} classes, and at most ${MOST_CLASSES} are taken.`,
        `Is '${table.columns[label]}' the column of the labels?`,
      );
    this.set(table.path, divided);
  }

  private set(
    title: string,
    { classes, splits, warnings }: Pick<DividedTexts, 'classes' | 'splits' | 'warnings'>,
  ): void {
    this.title = title;
    this.classes = classes;
    this.splits = splits;
    this.warnings = warnings;
  }

  /** @throws UserError when there is nothing to learn from. */
  requireTexts(): void {
    if (this.classes.length === 0)
      throw new UserError('There are no texts yet.', 'Take a built-in set, or paste some.');
  }

  summary(sourceClasses: boolean): DataSummary {
    const { train, validation, test } = this.splits;
    const count = (split: readonly TextExample[], label: number) =>
      split.filter((example) => example.label === label).length;
    return {
      title: this.title,
      classes: this.classes.map((name, label) => ({
        name,
        train: count(train, label),
        validation: count(validation, label),
        test: count(test, label),
        example: shortened(train.find((example) => example.label === label)!.text),
      })),
      train: train.length,
      validation: validation.length,
      test: test.length,
      warnings: this.warnings,
      sourceClasses,
    };
  }

  /** What predictions are made for: texts that were held back, where there are any. */
  heldBack(): { readonly split: 'test' | 'validation' | 'train'; readonly examples: readonly TextExample[] } {
    for (const split of ['test', 'validation'] as const)
      if (this.splits[split].length > 0) return { split, examples: this.splits[split] };
    return { split: 'train', examples: this.splits.train };
  }
}

/** By the name's ending; else tabs in the first line make it TSV, as what is copied from a spreadsheet. */
function kindOf(name: string, text: string): 'csv' | 'tsv' {
  if (/\.(tsv|tab)$/i.test(name)) return 'tsv';
  if (/\.csv$/i.test(name)) return 'csv';
  return text.trimStart().split('\n', 1)[0]!.includes('\t') ? 'tsv' : 'csv';
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Columns of the usual names, else the one of the longest cells for texts and the last of the others for labels. */
function guessColumns(table: Table, rows: readonly (readonly string[])[]): { text: number; label: number } {
  try {
    const { text, label } = chooseColumns(table, { pair: null });
    return { text, label: label! };
  } catch {
    const lengths = table.columns.map((_, i) => rows.reduce((sum, row) => sum + row[i]!.length, 0));
    const text = lengths.indexOf(Math.max(...lengths));
    return { text, label: text === lengths.length - 1 ? lengths.length - 2 : lengths.length - 1 };
  }
}

function shortened(text: string): string {
  return text.length > CELL ? `${text.slice(0, CELL - 1)}…` : text;
}
