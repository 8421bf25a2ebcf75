/** A table with a delimiter between columns that is in memory: what is pasted, or a small file in a browser. */
import { type CsvError, parse } from 'csv-parse/browser/esm/sync';
import {
  columnNames,
  type DelimitedKind,
  findDelimiter,
  givenDialect,
  isEmptyRow,
  linesOfRow,
  noRowsError,
  parserOptions,
  parsingError,
  raggedError,
} from './dialect.ts';
import type { Table, TableOptions, TableRow } from './table.ts';

/**
 * @param name What it is called in messages.
 * @throws UserError when it has no rows, cannot be parsed, a row has not as many columns as the first, or the dialect is
 *   impossible.
 */
export function parseDelimited(text: string, name: string, kind: DelimitedKind, options: TableOptions = {}): Table {
  const { header = true } = options;
  const { quote, delimiter } = givenDialect(kind, options);
  // Without a byte order mark; CRLF as LF, as files are read.
  const plain = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const dialect = { quote, delimiter: delimiter ?? findDelimiter(plain, quote) };
  const rows: { readonly record: readonly string[]; readonly line: number }[] = [];
  let line = 1;
  for (const record of records(plain, name, dialect)) {
    if (!isEmptyRow(record)) rows.push({ record, line });
    line += linesOfRow(record);
  }
  const [first] = rows;
  if (first === undefined) throw noRowsError(name);
  const columns = columnNames(first.record, header);
  for (const row of rows)
    if (row.record.length !== columns.length) throw raggedError(name, row.line, row.record, columns, dialect, header);
  const own = header ? rows.slice(1) : rows;
  return {
    path: name,
    columns,
    unit: 'line',
    warnings: [],
    async *rows(wanted) {
      for (const { record, line } of own) yield { line, cells: wanted.map((i) => record[i]!) } satisfies TableRow;
    },
  };
}

function records(text: string, name: string, dialect: Parameters<typeof parserOptions>[0]): string[][] {
  try {
    return parse(text, parserOptions(dialect)) as string[][];
  } catch (error) {
    // An error class of this build of the parser: its own code tells it.
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw parsingError(name, error as CsvError, dialect.quote);
  }
}
