/**
 * Labelled texts one after the other, from a table or from folders of text files: nothing is kept of what was read, so that
 * a file may be larger than the memory.
 */
import { SPLIT_NAMES, type SplitName, splitNamed, UserError } from '@attune/core';
import { type ChosenColumns, type ColumnOptions, chooseColumns } from './columns.ts';
import { encodingWarnings } from './delimited.ts';
import { locateTexts, type TextPlace } from './locate.ts';
import { openTable } from './open-table.ts';
import type { Table, TableOptions } from './table.ts';
import { openTextFile, type TextFile } from './text-file.ts';

export interface LabelledText {
  /** `file:line`, or a text file's path in the data set. */
  readonly name: string;
  readonly text: string;
  readonly pair?: string;
  /** Trimmed, in Unicode's form NFC; empty where labels were not asked for. */
  readonly className: string;
  /** The split that the data set itself puts it in. */
  readonly split?: SplitName;
}

export interface SkippedText {
  readonly name: string;
  readonly reason: string;
}

export interface ReadTextsOptions extends TableOptions, ColumnOptions {
  /** Told of each row that has no text or no label; it is left out. */
  readonly onSkip?: ((skipped: SkippedText) => void) | undefined;
  /** Told what is odd about a file, a sentence. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** A table or a folder, or a table for each split. */
export type TextPath = string | Readonly<Partial<Record<SplitName, string>>>;

/** A data set without labels is not one: in other corpora, a dash says that the annotators did not agree. */
const NO_LABELS = ['', '-'];

/** Bytes of a text file that holds one text. */
const MOST_BYTES_A_TEXT = 64 * 1024 * 1024;

/** @throws UserError when there is nothing at the path, or a file is broken or not as the options say. */
export async function* readTexts(
  path: TextPath,
  options: ReadTextsOptions = {},
): AsyncGenerator<LabelledText, void, void> {
  const places = typeof path === 'string' ? await locateTexts(path) : givenTables(path);
  const guessed: TextFile[] = [];
  for (const place of places)
    yield* place.kind === 'table' ? rowsOf(place, options) : fileText(place, options, (file) => guessed.push(file));
  const [first] = guessed;
  if (first && guessed.length === 1) options.onWarning?.(encodingWarnings(first)[0]!);
  else if (first)
    options.onWarning?.(
      `${guessed.length} files, such as ${first.path}, are not UTF-8: they were read as ${first.encoding}. If letters look wrong, name their encoding.`,
    );
}

function givenTables(paths: Readonly<Partial<Record<SplitName, string>>>): TextPlace[] {
  return (['train', 'validation', 'test'] as const).flatMap((split): TextPlace[] => {
    const path = paths[split];
    return path === undefined ? [] : [{ kind: 'table', path, name: path.split(/[\\/]/).at(-1)!, split }];
  });
}

async function* rowsOf(
  place: TextPlace & { kind: 'table' },
  options: ReadTextsOptions,
): AsyncGenerator<LabelledText, void, void> {
  const table = await openTable(place.path, options);
  for (const warning of table.warnings) options.onWarning?.(warning);
  const columns = chooseColumns(table, options);
  const chosen = [columns.text, columns.pair, columns.label, columns.split];
  const wanted = chosen.filter((position) => position !== undefined);
  // In the order of `wanted`; undefined where a column was not asked for.
  const [text, pair, label, split] = chosen.map((position) =>
    position === undefined ? undefined : wanted.indexOf(position),
  );
  let [rows, padded, firstPadded] = [0, 0, ''];
  for await (const { line, cells } of table.rows(wanted)) {
    const cell = (position: number | undefined) => (position === undefined ? undefined : cells[position]!.trim());
    const name = `${place.name}:${line}`;
    const className = cell(label)?.normalize('NFC');
    const reason = fault(cell(text)!, cell(pair), className);
    if (reason !== undefined) {
      options.onSkip?.({ name, reason });
      continue;
    }
    rows++;
    if (label !== undefined && cells[label] !== cell(label) && ++padded === 1) firstPadded = name;
    const own = split === undefined ? place.split : splitOf(cell(split)!, table, columns, line);
    yield {
      name,
      text: cell(text)!,
      ...(pair !== undefined && { pair: cell(pair)! }),
      className: className ?? '',
      ...(own !== undefined && { split: own }),
    };
  }
  if (padded > 0 && padded < rows)
    options.onWarning?.(
      `${padded} of ${rows} labels of ${place.path} have white space around them (${firstPadded} is the first): it was taken off.`,
    );
}

function fault(text: string, pair: string | undefined, className: string | undefined): string | undefined {
  if (text === '') return 'it has no text';
  if (pair === '') return 'it has no second text';
  if (className !== undefined && NO_LABELS.includes(className)) return 'it has no label';
  return undefined;
}

function splitOf(cell: string, table: Table, columns: ChosenColumns, line: number): SplitName {
  const split = splitNamed(cell);
  if (split !== undefined) return split;
  throw new UserError(
    `${table.path}, ${table.unit} ${line}: '${cell}' in column '${table.columns[columns.split!]}' is no split.`,
    `Splits are ${Object.keys(SPLIT_NAMES).join(', ')}; if the column means something else, say that there is none.`,
  );
}

async function* fileText(
  { path, name, className, split }: TextPlace & { kind: 'file' },
  options: ReadTextsOptions,
  onGuess: (file: TextFile) => void,
): AsyncGenerator<LabelledText, void, void> {
  const file = await openTextFile(path, { encoding: options.encoding, mostBytes: MOST_BYTES_A_TEXT }).catch(
    (error: unknown) => {
      if (error instanceof UserError && error.message.includes('is empty')) return undefined;
      throw error;
    },
  );
  let text = '';
  if (file) {
    if (file.guessedFrom !== undefined) onGuess(file);
    for await (const chunk of file.chunks()) text += chunk;
  }
  if (text.trim() === '') options.onSkip?.({ name, reason: 'it has no text' });
  else yield { name, text: text.trim(), className: className.trim().normalize('NFC'), ...(split && { split }) };
}
