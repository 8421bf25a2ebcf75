/** Which columns of a table hold the text, its pair, the label and the split. */
import { suggestNames, UserError } from '@attune/core';
import type { Table } from './table.ts';

/** A column's name, or its number from 1. */
export type Column = string | number;

export interface ColumnOptions {
  /** Default: the first of the usual names that the table has, such as `text` or `sentence`. */
  readonly text?: Column | undefined;
  /** The second text of a pair; null: none. Default: by the usual names, such as `hypothesis` beside `premise`. */
  readonly pair?: Column | null | undefined;
  /** null: texts without labels, for prediction. Default: the first of the usual names, such as `label`. */
  readonly label?: Column | null | undefined;
  /** Which holds train, validation or test; null: none. Default `split`, where there is one. */
  readonly split?: Column | null | undefined;
}

/** Positions of columns. */
export interface ChosenColumns {
  readonly text: number;
  readonly pair?: number | undefined;
  readonly label?: number | undefined;
  readonly split?: number | undefined;
}

const TEXTS = ['text', 'sentence', 'review', 'question', 'content', 'body', 'message'];
const PAIRS: readonly (readonly [text: string, pair: string])[] = [
  ['premise', 'hypothesis'],
  ['sentence1', 'sentence2'],
  ['question1', 'question2'],
  ['text1', 'text2'],
  ['text_a', 'text_b'],
  ['sentence_a', 'sentence_b'],
  ['question', 'sentence'],
  ['text', 'pair'],
];
const LABELS = ['label', 'gold_label', 'class', 'category', 'sentiment', 'target', 'quality'];

/** @throws UserError when a column is not there, is there twice, or has to be named. */
export function chooseColumns(table: Pick<Table, 'path' | 'columns'>, options: ColumnOptions = {}): ChosenColumns {
  const names = table.columns.map((name) => name.toLowerCase());
  const usual = (candidates: readonly string[]) => candidates.find((name) => names.includes(name));
  const usualPair = PAIRS.find((pair) => pair.every((name) => names.includes(name)));
  const place = (column: Column) => placeOf(table, column);
  const require = (what: string, column: Column | undefined): number => {
    if (column !== undefined) return place(column);
    throw new UserError(
      `${table.path} does not say which column is the ${what}.`,
      `Name it with --${what}: ${shown(table.columns)}.`,
    );
  };
  const paired = options.pair === undefined && options.text === undefined && usualPair !== undefined;
  const chosen: ChosenColumns = {
    text: require('text', options.text ?? (paired ? usualPair[0] : usual(TEXTS))),
    pair: options.pair == null ? (paired ? place(usualPair[1]) : undefined) : place(options.pair),
    label: options.label === null ? undefined : require('label', options.label ?? usual(LABELS)),
    split: options.split == null ? (options.split === null ? undefined : usualSplit(names)) : place(options.split),
  };
  const places = Object.values(chosen).filter((position) => position !== undefined);
  const twice = places.find((position, i) => places.indexOf(position) !== i);
  if (twice !== undefined)
    throw new UserError(
      `Column '${table.columns[twice]}' of ${table.path} is named for two purposes.`,
      'Name different ones.',
    );
  return chosen;
}

function usualSplit(names: readonly string[]): number | undefined {
  const position = names.indexOf('split');
  return position === -1 ? undefined : position;
}

function placeOf({ path, columns }: Pick<Table, 'path' | 'columns'>, column: Column): number {
  if (typeof column === 'number') {
    if (Number.isInteger(column) && column >= 1 && column <= columns.length) return column - 1;
    throw new UserError(`${path} has ${columns.length} columns, and no column ${column}.`, 'They are counted from 1.');
  }
  // The name as it is, or, where that is nobody's, in any case.
  const exact = positions(columns, (name) => name === column);
  const found = exact.length > 0 ? exact : positions(columns, (name) => name.toLowerCase() === column.toLowerCase());
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new UserError(`${path} has the column '${column}' ${found.length} times.`, 'Name it by its number, from 1.');
  const near = suggestNames(column, columns);
  throw new UserError(
    `${path} has no column '${column}'. Its columns: ${shown(columns)}.`,
    near.startsWith('Did') ? near : 'Name one of them.',
  );
}

function positions(columns: readonly string[], matches: (name: string) => boolean): number[] {
  return columns.flatMap((name, i) => (matches(name) ? [i] : []));
}

function shown(columns: readonly string[]): string {
  const some = columns.slice(0, 20).map((name) => (name.length > 40 ? `${name.slice(0, 40)}...` : name));
  return columns.length > some.length ? `${some.join(', ')} and ${columns.length - some.length} more` : some.join(', ');
}
