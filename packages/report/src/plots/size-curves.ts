/** A metric against the size of the target set (or another factor), a line for each plan, with error bars over seeds. */
import * as Plot from '@observablehq/plot';
import type { Measurement } from '../records/study-record.ts';
import { levels, summaries } from '../statistics/summaries.ts';
import { drawPlot, type Figure, type FigureOptions, TITLE_HEIGHT } from './figure.ts';
import { drawLegend, legendHeight, legendWidth } from './legend.ts';
import { seriesStyle } from './theme.ts';

export interface SizeCurvesOptions extends FigureOptions {
  /** Factor along the horizontal axis: its positive numbers on a logarithmic scale, texts one beside the other. */
  readonly x: string;
  /** Factor whose values are the lines. */
  readonly series: string;
  readonly metric: string;
  /** Names of the axes; default: the factor's and the metric's. */
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** What the metric is multiplied by. Default: 100, which makes shares percentages. */
  readonly scale?: number;
  readonly digits?: number;
}

interface Point {
  readonly x: number | string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

export function sizeCurves(measurements: readonly Measurement[], options: SizeCurvesOptions): Figure {
  const { title, x, series, metric, scale = 100, digits = 1, width = 440, height = 280 } = options;
  const cells = summaries(measurements, [series, x], metric);
  const places = levels(cells, x);
  const isLogarithmic = places.length > 0 && places.every((place) => typeof place === 'number' && place > 0);
  const names = levels(cells, series);
  const lines = names.map((name, style) => {
    const own = cells.filter(({ factors }) => factors[series] === name);
    const points = places.flatMap((place): Point[] => {
      const cell = own.find(({ factors }) => factors[x] === place);
      if (cell === undefined) return [];
      const [mean, deviation] = [scale * cell.mean, scale * cell.standardDeviation];
      return [
        {
          x: dodged(place, style, names.length),
          mean,
          low: mean - deviation,
          high: mean + deviation,
          count: cell.count,
        },
      ];
    });
    return { name: String(name), style, points };
  });
  const show = (value: number) => value.toFixed(digits);
  const description = `${title}: ${lines
    .map(({ name, points }) => `${name} ${points.map(({ mean }) => show(mean)).join(', ')}`)
    .join('; ')}; ${options.xLabel ?? x} ${places.join(', ')}.`;
  const entries = [...lines].sort((a, b) => (b.points.at(-1)?.mean ?? 0) - (a.points.at(-1)?.mean ?? 0));
  const marks = lines.flatMap(({ name, style, points }): Plot.Markish[] => {
    const { colour, dashes, symbol } = seriesStyle(style);
    const tip = ({ mean, low, count }: Point) =>
      `${name}: ${show(mean)}${count > 1 ? ` ± ${show(mean - low)}, ${count} seeds` : ', one seed'}`;
    return [
      Plot.lineY(points, { x: 'x', y: 'mean', stroke: colour, strokeWidth: 2, strokeDasharray: dashes }),
      Plot.ruleX(
        points.filter(({ low, high }) => high > low),
        { x: 'x', y1: 'low', y2: 'high', stroke: colour, strokeWidth: 1.2 },
      ),
      Plot.dot(points, { x: 'x', y: 'mean', fill: colour, symbol, r: 3.8, title: tip }),
    ];
  });
  return {
    title,
    description,
    draw(document) {
      const svg = drawPlot(
        document,
        { title, description },
        {
          width: width + 64 + legendWidth(entries),
          height: Math.max(height, legendHeight(entries)) + TITLE_HEIGHT + 44,
          marginLeft: 64,
          marginRight: legendWidth(entries),
          x: {
            label: options.xLabel ?? x,
            labelArrow: 'none',
            labelAnchor: 'center',
            ...(isLogarithmic
              ? { type: 'log', ticks: places as number[], tickFormat: String, inset: 12 }
              : { type: 'point', domain: places }),
          },
          y: {
            label: options.yLabel ?? metric,
            labelArrow: 'none',
            labelAnchor: 'center',
            ticks: 6,
            nice: true,
            ...(cells.length === 0 ? { domain: [0, 1] } : {}),
          },
          marks: [Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1, ticks: 6 }), ...marks],
        },
      );
      svg.append(drawLegend(document, entries, { x: width + 64 + 14, y: TITLE_HEIGHT, lines: true }));
      return svg;
    },
  };
}

/** Moves the points of a series a little aside, by at most 3 %, so that error bars do not hide one another. */
function dodged(place: number | string, index: number, count: number): number | string {
  if (typeof place === 'string' || !(place > 0) || count < 2) return place;
  return place * 1.03 ** ((2 * index) / (count - 1) - 1);
}
