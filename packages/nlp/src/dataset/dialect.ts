/** What tables with a delimiter between columns (CSV and TSV) are written in, and what is wrong with them, said in one line. */
import { UserError } from '@attune/core';
import type { CsvError } from 'csv-parse';
import { LONGEST_ROW, type TableOptions } from './table.ts';

export interface Dialect {
  readonly delimiter: string;
  readonly quote: string | null;
}

export type DelimitedKind = 'csv' | 'tsv';

/**
 * The quote, and the delimiter where it is known without the file.
 * @throws UserError when either is impossible.
 */
export function givenDialect(
  kind: DelimitedKind,
  options: TableOptions,
): { readonly quote: string | null; readonly delimiter: string | undefined } {
  const { quote = kind === 'csv' ? '"' : null, delimiter = kind === 'tsv' ? '\t' : undefined } = options;
  if (delimiter !== undefined && [...delimiter].length !== 1)
    throw new UserError(`The delimiter '${delimiter}' is not one character.`, "Give one, such as ',' or ';'.");
  if (quote !== null && [...quote].length !== 1)
    throw new UserError(
      `The quote '${quote}' is not one character.`,
      'Give one, or none where quotes are part of texts.',
    );
  return { quote, delimiter };
}

/**
 * The delimiter of a CSV file that does not say: the comma, unless the first line has none and another one.
 * @param start Of the file, with its first line that is not empty.
 */
export function findDelimiter(start: string, quote: string | null): string {
  const [first = ''] = start.trimStart().split(/[\r\n]/, 1);
  const bare =
    quote === null
      ? first
      : first
          .split(quote)
          .filter((_, i) => i % 2 === 0)
          .join('');
  return [',', ';', '\t', '|'].find((delimiter) => bare.includes(delimiter)) ?? ',';
}

/** How csv-parse is to read it. */
export function parserOptions({ delimiter, quote }: Dialect) {
  return {
    delimiter,
    quote: quote ?? false,
    relax_column_count: true,
    // A quote inside of a text that does not begin with one is part of the text.
    relax_quotes: true,
    max_record_size: LONGEST_ROW,
  } as const;
}

/** The columns' names; without a header their numbers, from 1. */
export function columnNames(first: readonly string[], header: boolean): string[] {
  return header ? first.map((name) => name.trim()) : first.map((_, i) => String(i + 1));
}

/** Of an empty line there is one empty cell. */
export function isEmptyRow(record: readonly string[]): boolean {
  return record.length === 1 && record[0] === '';
}

/** Lines that a row takes. Counted here: csv-parse tells the last one alone, and takes half as long again to tell it. */
export function linesOfRow(record: readonly string[]): number {
  return 1 + lineFeeds(record);
}

export function noRowsError(path: string): UserError {
  return new UserError(`${path} has only empty lines.`, 'Give a file with labelled texts.');
}

function lineFeeds(record: readonly string[]): number {
  let count = 0;
  for (const cell of record) for (let at = cell.indexOf('\n'); at !== -1; at = cell.indexOf('\n', at + 1)) count++;
  return count;
}

export function parsingError(path: string, error: CsvError, quote: string | null): UserError {
  const line = typeof error.lines === 'number' ? error.lines : undefined;
  const hint = 'If quotes are part of the texts, say that there is no quote (quote: none).';
  if (error.code === 'CSV_QUOTE_NOT_CLOSED' || (error.code === 'CSV_MAX_RECORD_SIZE' && quote !== null))
    return new UserError(`${path}: a ${quote} that opens a text is never closed (read up to line ${line}).`, hint);
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return new UserError(
      `${path}, line ${line}: a row of more than ${LONGEST_ROW} bytes.`,
      'Check that it is a table.',
    );
  const at = line === undefined ? path : `${path}, line ${line}`;
  return new UserError(`${at}: it cannot be parsed (${error.message}).`, hint, { cause: error });
}

export function raggedError(
  path: string,
  line: number,
  record: readonly string[],
  columns: readonly string[],
  { delimiter, quote }: Dialect,
  header: boolean,
): UserError {
  const shown = delimiter === '\t' ? 'tabs' : `'${delimiter}'`;
  const more = record.length > columns.length;
  return new UserError(
    `${path}, line ${line}: ${record.length} column${record.length === 1 ? '' : 's'} where the ${header ? 'header' : 'first line'} has ${columns.length}.`,
    more && quote !== null
      ? `Put texts that hold ${shown} into ${quote}quotes${quote}, or name the delimiter.`
      : more
        ? `Take the ${shown} out of the text, or name the delimiter and the quote.`
        : 'Complete the line, or remove it; if quotes are part of the texts, say that there is no quote (quote: none).',
  );
}
