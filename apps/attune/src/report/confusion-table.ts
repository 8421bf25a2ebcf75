/** A confusion matrix as a table: shaded by the share of its row, with the counts in the cells. */
import type { Markup } from './markup.ts';
import { element } from './markup.ts';

/** @param matrix Entry [i][j] counts the images of class i that were taken for class j. */
export function confusionTable(classes: readonly string[], matrix: readonly (readonly number[])[]): Markup {
  const header = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'is \\ taken for'),
    classes.map((name) => element('th', { scope: 'col', class: 'turned' }, element('span', {}, name))),
    element('th', { scope: 'col' }, 'recognised'),
  );
  const rows = matrix.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, classes[i]!),
      row.map((count, j) => {
        const share = total === 0 ? 0 : count / total;
        const what = `${count} of ${total} ${classes[i]} taken for ${classes[j]}`;
        return element(
          'td',
          { class: i === j ? 'right' : 'wrong', style: `--share:${share.toFixed(3)}`, title: what },
          count === 0 ? '·' : count,
        );
      }),
      element('td', { class: 'total' }, total === 0 ? '–' : `${((100 * row[i]!) / total).toFixed(0)} %`),
    );
  });
  return element(
    'div',
    { class: 'scroll' },
    element('table', { class: 'confusion' }, element('thead', {}, header), element('tbody', {}, rows)),
  );
}
