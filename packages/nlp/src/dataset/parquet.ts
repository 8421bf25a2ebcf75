/** Tables in Parquet files, by hyparquet: one row group at a time, and of it only the columns that are asked for. */
import { UserError } from '@attune/core';
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Table } from './table.ts';
import { requireFile } from './text-file.ts';

/** Unpacked bytes of one column of a row group: what a file may make us hold. */
const MOST_BYTES = 1024 ** 3;

/** @throws UserError when it is no Parquet file, is cut, or has columns of lists alone. */
export async function openParquet(path: string): Promise<Table> {
  await requireFile(path);
  const file = await asyncBufferFromFile(path);
  if (file.byteLength === 0) throw new UserError(`${path} is empty.`, 'Give a file with labelled texts.');
  const metadata = await guarded(path, () => parquetMetadataAsync(file));
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  return {
    path,
    columns,
    unit: 'row',
    warnings: [],
    async *rows(wanted) {
      const names = wanted.map((i) => columns[i]!);
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows);
        checkSize(path, group, names, file.byteLength);
        const rows = await guarded(path, () =>
          parquetReadObjects({ file, metadata, columns: names, rowStart, rowEnd, compressors }),
        );
        for (const [i, row] of rows.entries()) {
          const line = rowStart + i + 1;
          yield { line, cells: names.map((name) => cellOf(row[name], name, path, line)) };
        }
        rowStart = rowEnd;
      }
    },
  };
}

async function guarded<Result>(path: string, read: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw new UserError(
      `${path} is no whole Parquet file (${(error as Error).message}).`,
      'It may be cut short, or encrypted: get it again.',
      { cause: error },
    );
  }
}

/** A file's own numbers decide how much is allocated. */
function checkSize(
  path: string,
  group: FileMetaData['row_groups'][number],
  names: readonly string[],
  bytes: number,
): void {
  for (const { meta_data: column } of group.columns) {
    if (column === undefined || !names.includes(column.path_in_schema[0]!)) continue;
    const unpacked = Number(column.total_uncompressed_size);
    const values = Number(column.num_values);
    if (
      unpacked > MOST_BYTES ||
      Number(column.total_compressed_size) > bytes ||
      values > MOST_BYTES ||
      Number(group.num_rows) > values
    )
      throw new UserError(
        `${path}: a row group's column '${column.path_in_schema.join('.')}' has ${unpacked} bytes and ${values} values.`,
        `Write it with row groups below ${MOST_BYTES} bytes; if it has them, the file is broken.`,
      );
  }
}

function cellOf(value: unknown, column: string, path: string, row: number): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object' && !(value instanceof Date))
    throw new UserError(
      `${path}, row ${row}: column '${column}' holds ${value instanceof Uint8Array ? 'bytes' : 'lists or structures'}.`,
      'Give a column of texts or numbers.',
    );
  return value instanceof Date ? value.toISOString() : String(value);
}
