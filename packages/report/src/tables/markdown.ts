/** A table as Markdown (GitHub's), and a document's section that is written by a program. */
import { UserError } from '@attune/core';
import type { Table } from './table.ts';

/** Best cells are bold. Names cannot break the table or become markup. */
export function markdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => asText(title))),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(({ text, best }) => (best ? `**${asText(text)}**` : asText(text))))),
  ].join('\n');
}

/** What would be markup. An underscore within a word is none. */
const SPECIAL = /[\\|*<[]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

/** Backslashes, pipes, emphasis and tags are meant as they stand. Code spans stay code. */
function asText(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? part.replaceAll('|', '\\|') : part.replace(SPECIAL, '\\$&')))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * The document with what lies between the lines `<!-- name -->` and `<!-- /name -->` replaced. The first mark may say more,
 * `<!-- name: written by bench/tables.ts -->`.
 * @param document Its text. @param file Its name, for messages.
 * @throws UserError when it lacks the marks, or has them more than once.
 */
export function replaceSection(document: string, name: string, content: string, file = 'The document'): string {
  if (!/^[\w-]+$/.test(name)) throw new RangeError(`'${name}' cannot be the name of a section`);
  const [begins, ends] = [
    [...document.matchAll(new RegExp(`<!-- ${name}(?::[^>]*)? -->`, 'g'))],
    [...document.matchAll(new RegExp(`<!-- /${name} -->`, 'g'))],
  ];
  const [begin, end] = [begins[0], ends[0]];
  if (begin === undefined || end === undefined || end.index < begin.index)
    throw new UserError(
      `${file} lacks the marks of the section ${name}.`,
      `Put in <!-- ${name} --> and <!-- /${name} -->.`,
    );
  if (begins.length > 1 || ends.length > 1)
    throw new UserError(`${file} has the marks of the section ${name} more than once.`, 'Leave one pair.');
  const head = document.slice(0, begin.index + begin[0].length);
  return `${head}\n\n${content.trim()}\n\n${document.slice(end.index)}`;
}
