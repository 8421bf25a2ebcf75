/** Paired differences: a dot with its confidence interval for each comparison, the single pairs as ticks, and the zero. */
import * as Plot from '@observablehq/plot';
import stringWidth from 'string-width';
import type { PairedDifference } from '../statistics/paired-difference.ts';
import { CHARACTER, drawPlot, type Figure, type FigureOptions, shortened, TITLE_HEIGHT } from './figure.ts';

export interface DifferencesOptions extends FigureOptions {
  readonly rows: readonly { readonly label: string; readonly difference: PairedDifference }[];
  /** Name of the horizontal axis. */
  readonly x: string;
  /** What differences are multiplied by. Default: 100, which makes differences of shares points. */
  readonly scale?: number;
  readonly digits?: number;
}

const ROW = 30;
const LONGEST = 44;

export function differencesPlot({ title, rows, x, scale = 100, digits = 1, width = 440 }: DifferencesOptions): Figure {
  const signed = (value: number) => `${value > 0 ? '+' : ''}${(scale * value).toFixed(digits)}`;
  // Two rows of the same name are two rows.
  const bars = rows.map(({ label, difference }, i) => {
    const { mean, interval, wins, pairs } = difference;
    return {
      row: i,
      label: shortened(label, LONGEST),
      mean: scale * mean,
      low: scale * interval.low,
      high: scale * interval.high,
      counts: `${signed(mean)}, ${wins} of ${pairs.length} won`,
      // Blue: better beyond doubt; orange: worse; grey: the interval holds the zero.
      colour: interval.low > 0 ? 'var(--good)' : interval.high < 0 ? 'var(--bad)' : 'var(--pale)',
      tip: `${label}: ${signed(mean)}, from ${signed(interval.low)} to ${signed(interval.high)}`,
    };
  });
  const singles = rows.flatMap(({ difference }, row) =>
    difference.pairs.map(({ upper, lower }) => ({ row, value: scale * (upper - lower) })),
  );
  const description = `${title}: ${bars.map(({ tip }) => tip).join('; ')}.`;
  const longest = (texts: readonly string[]) =>
    Math.ceil(CHARACTER * Math.max(0, ...texts.map((text) => stringWidth(text))));
  return {
    title,
    description,
    draw(document) {
      const left = 28 + longest(bars.map(({ label }) => label));
      const right = 28 + longest(bars.map(({ counts }) => counts));
      return drawPlot(
        document,
        { title, description },
        {
          width: left + width + right,
          height: rows.length * ROW + TITLE_HEIGHT + 44,
          marginLeft: left,
          marginRight: right,
          x: {
            label: x,
            labelArrow: 'none',
            labelAnchor: 'center',
            nice: true,
            inset: 6,
            ...(bars.length === 0 ? { domain: [0, 1] } : {}),
          },
          y: {
            type: 'band',
            domain: bars.map(({ row }) => row),
            label: null,
            tickSize: 0,
            tickFormat: (row: number) => bars[row]!.label,
          },
          marks: [
            Plot.gridX({ stroke: 'var(--rule)', strokeOpacity: 1 }),
            Plot.ruleX([0], { stroke: 'var(--ink)' }),
            Plot.tickX(singles, {
              x: 'value',
              y: 'row',
              stroke: 'var(--pale)',
              strokeOpacity: 0.5,
              insetTop: 9,
              insetBottom: 9,
            }),
            ...bars.flatMap((bar) => [
              Plot.ruleY([bar], { x1: 'low', x2: 'high', y: 'row', stroke: bar.colour, strokeWidth: 3 }),
              Plot.dot([bar], { x: 'mean', y: 'row', fill: bar.colour, r: 5, title: 'tip' }),
              Plot.text([bar], {
                y: 'row',
                text: 'counts',
                frameAnchor: 'right',
                textAnchor: 'start',
                dx: 10,
                fill: 'var(--pale)',
              }),
            ]),
          ],
        },
      );
    },
  };
}
