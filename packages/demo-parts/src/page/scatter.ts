/** Examples as letters of their classes, in two dimensions. */
import { element, svg } from './element.ts';

const SIDE = 240;
const MARGIN = 14;

/** The sign of a class: A, B, ... */
export function classLetter(label: number): string {
  return label < 26 ? String.fromCharCode(65 + label) : String(label + 1);
}

/**
 * @param places x and y of each example, each in [0, 1].
 * @param what What the examples are, such as images.
 */
export function scatter(title: string, places: Float32Array, labels: readonly number[], what: string): HTMLElement {
  const toPixel = (share: number) => (MARGIN + share * (SIDE - 2 * MARGIN)).toFixed(1);
  return element(
    'figure',
    {},
    svg(
      'svg',
      {
        class: 'scatter',
        viewBox: `0 0 ${SIDE} ${SIDE}`,
        role: 'img',
        'aria-label': `${title}: ${labels.length} ${what} in two dimensions`,
      },
      labels.map((label, i) =>
        svg(
          'text',
          { class: `c${label % 6}`, x: toPixel(places[2 * i]!), y: Number(toPixel(1 - places[2 * i + 1]!)) + 4 },
          classLetter(label),
        ),
      ),
    ),
    element('figcaption', {}, title),
  );
}

export function classLegend(classes: readonly string[]): HTMLElement {
  return element(
    'ul',
    { class: 'legend' },
    classes.map((name, label) => element('li', {}, element('b', { class: `c${label % 6}` }, classLetter(label)), name)),
  );
}
