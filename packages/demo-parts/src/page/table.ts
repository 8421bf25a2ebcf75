/** A table with headings of columns and rows. */
import { type Child, element } from './element.ts';

/** @param rows The first cell of each names the row. */
export function table(caption: Child, columns: readonly Child[], rows: readonly (readonly Child[])[]): HTMLElement {
  const heads = columns.map((name) => element('th', { scope: 'col' }, name));
  return element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, heads)),
    element(
      'tbody',
      {},
      rows.map(([name = '', ...cells]) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, name),
          cells.map((cell) => element('td', {}, cell)),
        ),
      ),
    ),
  );
}
