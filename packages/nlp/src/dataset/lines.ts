/** Lines of a text that comes in pieces. */
import { UserError } from '@attune/core';
import { LONGEST_ROW } from './table.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end, which may be LF or CRLF. */
  readonly text: string;
}

/** @throws UserError for a line of more than 16 Mi characters. */
export async function* linesOf(
  chunks: AsyncIterable<string>,
  path: string,
  longest = LONGEST_ROW,
): AsyncGenerator<Line, void, void> {
  let number = 1;
  let rest = '';
  for await (const chunk of chunks) {
    const parts = chunk.split('\n');
    // Joined once a line: a chunk without an end of line is looked through once.
    rest += parts[0]!;
    if (rest.length > longest)
      throw new UserError(
        `${path}, line ${number}: more than ${longest} characters.`,
        'Check that it is a file of lines.',
      );
    for (let i = 1; i < parts.length; i++) {
      yield { number: number++, text: withoutReturn(rest) };
      rest = parts[i]!;
    }
  }
  if (rest !== '') yield { number, text: withoutReturn(rest) };
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
