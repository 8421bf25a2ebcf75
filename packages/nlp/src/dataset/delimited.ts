/** Tables with a delimiter between columns (CSV and TSV), by csv-parse, as a stream. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import {
  columnNames,
  type DelimitedKind,
  type Dialect,
  findDelimiter,
  givenDialect,
  isEmptyRow,
  linesOfRow,
  noRowsError,
  parserOptions,
  parsingError,
  raggedError,
} from './dialect.ts';
import { LONGEST_ROW, type Table, type TableOptions, type TableRow } from './table.ts';
import { openTextFile, type TextFile } from './text-file.ts';

/** @throws UserError when it is no text, its first line cannot be parsed, or the dialect is impossible. */
export async function openDelimited(path: string, kind: DelimitedKind, options: TableOptions): Promise<Table> {
  const { header = true } = options;
  const { quote, delimiter } = givenDialect(kind, options);
  const file = await openTextFile(path, options);
  const dialect = { quote, delimiter: delimiter ?? findDelimiter(await startOf(file), quote) };
  const first = await firstRow(file, dialect);
  const columns = columnNames(first, header);
  return {
    path,
    columns,
    unit: 'line',
    warnings: encodingWarnings(file),
    async *rows(wanted) {
      let named = header;
      for await (const { record, line } of records(file, dialect)) {
        if (record.length !== columns.length) throw raggedError(path, line, record, columns, dialect, header);
        if (!named) yield { line, cells: wanted.map((i) => record[i]!) } satisfies TableRow;
        named = false;
      }
    },
  };
}

/** Up to the end of the first line. */
async function startOf(file: TextFile): Promise<string> {
  let line = '';
  for await (const chunk of file.chunks()) {
    line += chunk;
    if (/[\r\n]/.test(line.trimStart()) || line.length > LONGEST_ROW) break;
  }
  return line;
}

async function firstRow(file: TextFile, dialect: Dialect): Promise<string[]> {
  for await (const { record } of records(file, dialect)) return record;
  throw noRowsError(file.path);
}

async function* records(
  file: TextFile,
  dialect: Dialect,
): AsyncGenerator<{ record: string[]; line: number }, void, void> {
  const source = Readable.from(withLineFeeds(file.chunks()));
  const parser = parse(parserOptions(dialect));
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  try {
    let line = 1;
    for await (const record of parser as AsyncIterable<string[]>) {
      if (!isEmptyRow(record)) yield { record, line };
      line += linesOfRow(record);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw parsingError(file.path, error, dialect.quote);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** CRLF as LF: csv-parse counts one inside of quotes as two lines, and texts need not tell systems apart. */
async function* withLineFeeds(chunks: AsyncIterable<string>): AsyncGenerator<string, void, void> {
  let held = '';
  for await (const chunk of chunks) {
    const text = held + chunk;
    held = text.endsWith('\r') ? '\r' : '';
    yield text.slice(0, text.length - held.length).replaceAll('\r\n', '\n');
  }
  if (held !== '') yield held;
}

/** A sentence where an encoding was guessed: it may be wrong. */
export function encodingWarnings({ path, encoding, guessedFrom }: TextFile): string[] {
  if (guessedFrom === undefined) return [];
  return [
    `${path} is not UTF-8 (line ${guessedFrom} is the first that is not): it was read as ${encoding}. If letters look wrong, name its encoding.`,
  ];
}
