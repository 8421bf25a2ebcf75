/** Parts that several sections of a page are made of. */
import { type Figure, type SvgDocument, svgText } from '../plots/figure.ts';
import type { Table } from '../tables/table.ts';
import { type Child, element, type Markup } from './markup.ts';
import type { Fact } from './run-groups.ts';

export function section(title: string, ...children: readonly Child[]): Markup {
  return element('section', {}, element('h2', {}, title), children);
}

/** Figures side by side where the window is wide enough. */
export function plots(figures: readonly Figure[], document: SvgDocument): Markup {
  return element(
    'div',
    { class: 'grid2' },
    // svgText escapes what it holds.
    figures.map((figure) => element('figure', { class: 'plot' }, { markup: svgText(figure, document) })),
  );
}

/** The first column's cells are the rows' headings. */
export function htmlTable({ columns, rows }: Table): Markup {
  const side = (i: number) => (columns[i]!.align === 'left' ? 'words' : null);
  const head = columns.map(({ title }, i) => element('th', { scope: 'col', class: side(i) }, title));
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      row.map(({ text, best }, i) => {
        const content = best ? element('b', {}, text) : text;
        return i === 0
          ? element('th', { scope: 'row', class: side(i) }, content)
          : element('td', { class: side(i) }, content);
      }),
    ),
  );
  return element(
    'div',
    { class: 'scroll' },
    element('table', {}, element('thead', {}, element('tr', {}, head)), element('tbody', {}, body)),
  );
}

export function definitions(facts: readonly Fact[]): Markup {
  return element(
    'dl',
    {},
    facts.map(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}
