/**
 * Lines over epochs as SVG. Colours are classes of the page's style sheet, so that they follow light and dark; lines also
 * differ in their dashes, and every point has its numbers as a tooltip, so that nothing hangs on colour alone.
 */
import type { Markup } from './markup.ts';
import { element } from './markup.ts';
import { linearScale } from './scale.ts';

export interface Line {
  readonly name: string;
  /** Which of the page's colours, from 0. */
  readonly colour: number;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean;
  /** Drawn thin and pale, and not in the legend: one of several runs behind their mean. */
  readonly faint?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Name of the vertical axis. */
  readonly y: string;
  readonly format: (value: number) => string;
  /** Greatest value of the vertical axis; default: of the points. The least is 0. */
  readonly top?: number;
  /** An x with a mark, and its words. */
  readonly mark?: { readonly x: number; readonly label: string } | undefined;
}

const [WIDTH, HEIGHT] = [520, 290];
const [LEFT, RIGHT, TOP, BOTTOM] = [66, 14, 14, 40];

export function lineChart({ title, lines, y, format, top, mark }: LineChart): Markup {
  const points = lines.flatMap((line) => line.points);
  const last = Math.max(1, ...points.map(([x]) => x));
  const highest = top ?? Math.max(...points.map(([, value]) => value), 1e-6) * 1.05;
  const toX = linearScale([Math.min(1, last), Math.max(last, 2)], [LEFT, WIDTH - RIGHT], 6);
  const toY = linearScale([0, highest], [HEIGHT - BOTTOM, TOP], 5);
  const grid = toY.ticks.map((value) => [
    element('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: round(toY(value)), y2: round(toY(value)) }),
    element('text', { x: LEFT - 7, y: round(toY(value) + 4), 'text-anchor': 'end' }, format(value)),
  ]);
  const epochs = toX.ticks
    .filter((value) => Number.isInteger(value))
    .map((value) =>
      element('text', { x: round(toX(value)), y: HEIGHT - BOTTOM + 18, 'text-anchor': 'middle' }, String(value)),
    );
  const drawn = lines.map((line) => {
    const path = line.points.map(([x, value], i) => `${i === 0 ? 'M' : 'L'}${round(toX(x))} ${round(toY(value))}`);
    const kind = `line c${line.colour}${line.dashed ? ' dashed' : ''}${line.faint ? ' faint' : ''}`;
    return [
      element('path', { class: kind, d: path.join('') }),
      ...(line.faint
        ? []
        : line.points.map(([x, value]) =>
            element(
              'circle',
              { class: `point c${line.colour}`, cx: round(toX(x)), cy: round(toY(value)), r: 6 },
              element('title', {}, `${line.name}, epoch ${x}: ${format(value)}`),
            ),
          )),
    ];
  });
  const marked = mark
    ? [
        element('line', {
          class: 'mark',
          x1: round(toX(mark.x)),
          x2: round(toX(mark.x)),
          y1: TOP,
          y2: HEIGHT - BOTTOM,
        }),
        element(
          'text',
          {
            x: round(toX(mark.x)) + (toX(mark.x) > WIDTH / 2 ? -5 : 5),
            y: TOP + 10,
            'text-anchor': toX(mark.x) > WIDTH / 2 ? 'end' : 'start',
          },
          mark.label,
        ),
      ]
    : [];
  const legend = lines
    .filter((line) => !line.faint)
    .map((line) =>
      element(
        'li',
        {},
        element(
          'svg',
          { class: 'key', viewBox: '0 0 28 10', 'aria-hidden': 'true' },
          element('path', { class: `line c${line.colour}${line.dashed ? ' dashed' : ''}`, d: 'M1 5L27 5' }),
        ),
        line.name,
      ),
    );
  return element(
    'figure',
    { class: 'chart' },
    element('figcaption', {}, title),
    element(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': describe(title, lines, format) },
      grid,
      element('text', { x: LEFT + (WIDTH - LEFT - RIGHT) / 2, y: HEIGHT - 5, 'text-anchor': 'middle' }, 'epoch'),
      element(
        'text',
        { transform: `translate(13 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)`, 'text-anchor': 'middle' },
        y,
      ),
      epochs,
      marked,
      drawn,
    ),
    element('ul', { class: 'legend' }, legend),
  );
}

/** The chart in words, for those who do not see it. */
function describe(title: string, lines: readonly Line[], format: (value: number) => string): string {
  const ends = lines
    .filter((line) => !line.faint && line.points.length > 0)
    .map(({ name, points }) => `${name} from ${format(points[0]![1])} to ${format(points.at(-1)![1])}`);
  return `${title}: ${ends.join('; ')}.`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
