/** Rows with columns, whatever the file's format: what texts and labels are taken from. */

export const TABLE_FORMATS = ['csv', 'tsv', 'jsonl', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

export interface TableOptions {
  /** Default: by the file's ending. */
  readonly format?: TableFormat | undefined;
  /** Between the columns of csv and tsv: one character. Default: tab for tsv, for csv the one that its first line has. */
  readonly delimiter?: string | undefined;
  /** Whether the first line of csv and tsv names the columns. Default true. */
  readonly header?: boolean | undefined;
  /** What csv and tsv put around texts; null: quotes are part of the text. Default `"` for csv, null for tsv. */
  readonly quote?: string | null | undefined;
  /** Of csv, tsv, jsonl and text files, by a name of the Encoding Standard. Default: found from the bytes. */
  readonly encoding?: string | undefined;
  /** Most bytes that are read of a file, unpacked. Default 8 GiB. */
  readonly mostBytes?: number | undefined;
}

export interface TableRow {
  /** Where it stands, from 1: a line of the file (of several, the first), or a row of a Parquet file. */
  readonly line: number;
  /** Of the columns that were asked for, in that order. */
  readonly cells: readonly string[];
}

export interface Table {
  readonly path: string;
  /** Names of the columns; without a header their numbers, from 1. */
  readonly columns: readonly string[];
  /** What `line` counts. */
  readonly unit: 'line' | 'row';
  /** What is odd about the file, in sentences. */
  readonly warnings: readonly string[];
  /** The rows, one after the other: memory does not grow with their number. @param columns Positions in `columns`. */
  rows(columns: readonly number[]): AsyncGenerator<TableRow, void, void>;
}

/** Longest row or line, UTF-16 code units: more is a quote that was never closed, or no table. */
export const LONGEST_ROW = 16 * 1024 * 1024;
