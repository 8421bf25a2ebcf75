/** Labelled texts from the rows of any table, one after the other. */
import { SPLIT_NAMES, type SplitName, splitNamed, UserError } from '@attune/core';
import { type ChosenColumns, type ColumnOptions, chooseColumns } from './columns.ts';
import type { Table } from './table.ts';

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

export interface TableTextsOptions extends ColumnOptions {
  /** Told of each row that has no text or no label; it is left out. */
  readonly onSkip?: ((skipped: SkippedText) => void) | undefined;
  /** Told what is odd about a table, a sentence. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** A data set without labels is not one: in other corpora, a dash says that the annotators did not agree. */
const NO_LABELS = ['', '-'];

/**
 * @param place What rows are named by, and the split that all of them are in, where there is one.
 * @throws UserError when a column has to be named, or a split is none.
 */
export async function* tableTexts(
  table: Table,
  place: { readonly name: string; readonly split?: SplitName | undefined },
  options: TableTextsOptions,
): AsyncGenerator<LabelledText, void, void> {
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
      `${padded} of ${rows} labels of ${table.path} have white space around them (${firstPadded} is the first): it was taken off.`,
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
