/**
 * Lines as SVG, drawn anew whenever there is more to show. Colours are the style sheet's; lines also differ in their dashes
 * and carry their names, and the chart says in words what it shows, so that nothing hangs on colour or sight.
 */
import { element, svg } from './element.ts';
import { roundNumbers } from './scale.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean;
  readonly dots?: boolean;
}

export interface LineChart {
  readonly title: string;
  /** Name of the horizontal axis. */
  readonly x: string;
  /** Names of the places 0, 1, ... of the horizontal axis, where it is no scale. */
  readonly places?: readonly string[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** Greatest value of the vertical axis; default: of the points. The least is 0. */
  readonly top?: number;
  /** A level to compare with. */
  readonly rule?: { readonly y: number; readonly name: string };
}

const [WIDTH, HEIGHT] = [440, 250];
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 22, 14, 40];

export function lineChart({ title, x, places, lines, format, top, rule }: LineChart): HTMLElement {
  const points = lines.flatMap((line) => line.points);
  const first = places ? -0.3 : 1;
  const last = places ? places.length - 0.7 : Math.max(2, ...points.map(([at]) => at));
  const highest = top ?? 1.08 * Math.max(1e-6, ...points.map(([, value]) => value));
  const toX = (value: number) => round(LEFT + ((value - first) / (last - first)) * (WIDTH - LEFT - RIGHT));
  const toY = (value: number) => round(HEIGHT - BOTTOM - (value / highest) * (HEIGHT - TOP - BOTTOM));
  const text = (at: readonly [number, number], anchor: string, words: string, kind?: string) =>
    svg('text', { x: at[0], y: at[1], 'text-anchor': anchor, class: kind }, words);
  const axis = places
    ? places.map((name, i) => ({ at: i, name })).filter((_, i) => i % Math.ceil(places.length / 7) === 0)
    : roundNumbers(1, last, 6)
        .filter(Number.isInteger)
        .map((at) => ({ at, name: String(at) }));
  const drawn = lines.map((line, i) => {
    const path = line.points.map(([px, py], p) => `${p === 0 ? 'M' : 'L'}${toX(px)} ${toY(py)}`).join('');
    const end = line.points.at(-1);
    return svg(
      'g',
      { class: `c${i}` },
      svg('path', { class: `line${line.dashed ? ' dashed' : ''}`, d: path }),
      line.dots
        ? line.points.map(([px, py]) => [
            svg('circle', { class: 'dot', cx: toX(px), cy: toY(py), r: 4 }),
            text([toX(px), toY(py) - 9], 'middle', format(py)),
          ])
        : [],
      end && !line.dots ? svg('circle', { class: 'dot', cx: toX(end[0]), cy: toY(end[1]), r: 3.5 }) : [],
    );
  });
  const legend =
    lines.length > 1
      ? lines.map((line, i) =>
          svg(
            'g',
            { class: `c${i}` },
            svg('path', { class: `line${line.dashed ? ' dashed' : ''}`, d: `M${LEFT + 110 * i} ${HEIGHT - 6}h26` }),
            text([LEFT + 110 * i + 32, HEIGHT - 2], 'start', line.name, 'name'),
          ),
        )
      : [];
  return element(
    'figure',
    { class: 'chart' },
    element('figcaption', {}, title),
    svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': inWords(title, lines, places, format) },
      roundNumbers(0, highest, 4).map((value) => [
        svg('path', { class: 'grid', d: `M${LEFT} ${toY(value)}H${WIDTH - RIGHT}` }),
        text([LEFT - 7, toY(value) + 4], 'end', format(value)),
      ]),
      axis.map(({ at, name }) => text([toX(at), HEIGHT - BOTTOM + 17], 'middle', name)),
      text([WIDTH - RIGHT, HEIGHT - 2], 'end', x),
      rule
        ? [
            svg('path', { class: 'rule', d: `M${LEFT} ${toY(rule.y)}H${WIDTH - RIGHT}` }),
            text([WIDTH - RIGHT, toY(rule.y) - 5], 'end', rule.name),
          ]
        : [],
      drawn,
      legend,
    ),
  );
}

function inWords(
  title: string,
  lines: readonly Line[],
  places: readonly string[] | undefined,
  format: (value: number) => string,
): string {
  const said = lines
    .filter(({ points }) => points.length > 0)
    .map(({ name, points }) =>
      places
        ? points.map(([at, value]) => `${places[at]} ${format(value)}`).join(', ')
        : `${name} from ${format(points[0]![1])} to ${format(points.at(-1)![1])}`,
    );
  return `${title}: ${said.join('; ')}.`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
