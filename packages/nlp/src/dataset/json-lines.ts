/** Tables with an object of JSON in every line. */
import { UserError } from '@attune/core';
import { encodingWarnings } from './delimited.ts';
import { linesOf } from './lines.ts';
import type { Table, TableOptions } from './table.ts';
import { openTextFile } from './text-file.ts';

/** The columns are the fields of the first object. @throws UserError when it is no text or the first line no object. */
export async function openJsonLines(path: string, options: TableOptions): Promise<Table> {
  const file = await openTextFile(path, options);
  const records = async function* () {
    for await (const { number, text } of linesOf(file.chunks(), path))
      if (text.trim() !== '') yield { line: number, record: parseObject(text, path, number) };
  };
  const first = await records().next();
  if (first.done) throw new UserError(`${path} has only empty lines.`, 'Give a file with labelled texts.');
  const columns = Object.keys(first.value.record);
  return {
    path,
    columns,
    unit: 'line',
    warnings: encodingWarnings(file),
    async *rows(wanted) {
      for await (const { line, record } of records())
        yield { line, cells: wanted.map((i) => cellOf(record, columns[i]!, path, line)) };
    },
  };
}

function parseObject(text: string, path: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `${path}, line ${line}: it is no JSON (${(error as Error).message}).`,
      line === 1 && /^\s*\[/.test(text) ? 'Give one object a line, without a list around them.' : 'Correct the line.',
      { cause: error },
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new UserError(
      `${path}, line ${line}: it is no object of JSON.`,
      'Give one object a line, such as {"text": "...", "label": "..."}.',
    );
  return value as Record<string, unknown>;
}

function cellOf(record: Record<string, unknown>, column: string, path: string, line: number): string {
  if (!Object.hasOwn(record, column))
    throw new UserError(
      `${path}, line ${line}: there is no '${column}'.`,
      `It has: ${Object.keys(record).join(', ')}.`,
    );
  const value = record[column];
  if (value === null) return '';
  if (typeof value === 'object')
    throw new UserError(
      `${path}, line ${line}: '${column}' is ${Array.isArray(value) ? 'a list' : 'an object'}.`,
      'Give a text or a number.',
    );
  return String(value);
}
