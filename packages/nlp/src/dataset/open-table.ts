/** Opens a table of any of the formats, by its ending or as it is told. */
import { basename } from 'node:path';
import { suggestNames, UserError } from '@attune/core';
import { openDelimited } from './delimited.ts';
import { openJsonLines } from './json-lines.ts';
import { openParquet } from './parquet.ts';
import { TABLE_FORMATS, type Table, type TableFormat, type TableOptions } from './table.ts';

const ENDINGS: Readonly<Record<string, TableFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
};

/** @throws UserError when the file is missing, empty, of an unknown format, or not what its format says. */
export async function openTable(path: string, options: TableOptions = {}): Promise<Table> {
  const format = options.format ?? formatOf(path);
  if (format === undefined)
    throw new UserError(
      `The ending of ${path} does not say what it is.`,
      `Name its format: ${TABLE_FORMATS.join(', ')}.`,
    );
  if (!TABLE_FORMATS.includes(format))
    throw new UserError(`There is no format '${format}'.`, suggestNames(format, TABLE_FORMATS));
  if (format === 'parquet') return openParquet(path);
  return format === 'jsonl' ? openJsonLines(path, options) : openDelimited(path, format, options);
}

/** By the ending, without a `.gz`; undefined where it says nothing. */
export function formatOf(path: string): TableFormat | undefined {
  const name = basename(path).toLowerCase().replace(/\.gz$/, '');
  return ENDINGS[name.slice(name.lastIndexOf('.'))];
}
