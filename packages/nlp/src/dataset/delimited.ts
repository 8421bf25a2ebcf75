/** Tables with a delimiter between columns (CSV and TSV), by csv-parse, as a stream. */
import { Readable } from 'node:stream';
import { UserError } from '@attune/core';
import { CsvError, parse } from 'csv-parse';
import { LONGEST_ROW, type Table, type TableOptions, type TableRow } from './table.ts';
import { openTextFile, type TextFile } from './text-file.ts';

interface Dialect {
  readonly delimiter: string;
  readonly quote: string | null;
}

/** @throws UserError when it is no text, its first line cannot be parsed, or the dialect is impossible. */
export async function openDelimited(path: string, kind: 'csv' | 'tsv', options: TableOptions): Promise<Table> {
  const { header = true, quote = kind === 'csv' ? '"' : null } = options;
  if (options.delimiter?.length === 0 || [...(options.delimiter ?? ',')].length !== 1)
    throw new UserError(`The delimiter '${options.delimiter}' is not one character.`, "Give one, such as ',' or ';'.");
  if (quote !== null && [...quote].length !== 1)
    throw new UserError(
      `The quote '${quote}' is not one character.`,
      'Give one, or none where quotes are part of texts.',
    );
  const file = await openTextFile(path, options);
  const delimiter = options.delimiter ?? (kind === 'tsv' ? '\t' : await findDelimiter(file, quote));
  const dialect = { delimiter, quote };
  const first = await firstRow(file, dialect);
  const columns = header ? first.map((name) => name.trim()) : first.map((_, i) => String(i + 1));
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

/** The delimiter of a CSV file that does not say: the comma, unless the first line has none and another one. */
async function findDelimiter(file: TextFile, quote: string | null): Promise<string> {
  let line = '';
  for await (const chunk of file.chunks()) {
    line += chunk;
    if (/[\r\n]/.test(line.trimStart()) || line.length > LONGEST_ROW) break;
  }
  const [first = ''] = line.trimStart().split(/[\r\n]/, 1);
  const bare =
    quote === null
      ? first
      : first
          .split(quote)
          .filter((_, i) => i % 2 === 0)
          .join('');
  return [',', ';', '\t', '|'].find((delimiter) => bare.includes(delimiter)) ?? ',';
}

async function firstRow(file: TextFile, dialect: Dialect): Promise<string[]> {
  for await (const { record } of records(file, dialect)) return record;
  throw new UserError(`${file.path} has only empty lines.`, 'Give a file with labelled texts.');
}

async function* records(
  file: TextFile,
  { delimiter, quote }: Dialect,
): AsyncGenerator<{ record: string[]; line: number }, void, void> {
  const source = Readable.from(withLineFeeds(file.chunks()));
  const parser = parse({
    delimiter,
    quote: quote ?? false,
    relax_column_count: true,
    // A quote inside of a text that does not begin with one is part of the text.
    relax_quotes: true,
    max_record_size: LONGEST_ROW,
  });
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  try {
    // Counted here, from each row's first line: csv-parse tells the last, and takes half as long again to tell it.
    let line = 1;
    for await (const record of parser as AsyncIterable<string[]>) {
      if (record.length > 1 || record[0] !== '') yield { record, line };
      line += 1 + lineFeeds(record);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw parsingError(file.path, error, quote);
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

function lineFeeds(record: readonly string[]): number {
  let count = 0;
  for (const cell of record) for (let at = cell.indexOf('\n'); at !== -1; at = cell.indexOf('\n', at + 1)) count++;
  return count;
}

function parsingError(path: string, error: CsvError, quote: string | null): UserError {
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

function raggedError(
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

/** A sentence where an encoding was guessed: it may be wrong. */
export function encodingWarnings({ path, encoding, guessedFrom }: TextFile): string[] {
  if (guessedFrom === undefined) return [];
  return [
    `${path} is not UTF-8 (line ${guessedFrom} is the first that is not): it was read as ${encoding}. If letters look wrong, name its encoding.`,
  ];
}
