/** Learning curves: a line for each series, the mean over its runs, and a band of one standard deviation about it. */
import { summarize } from '@attune/core';
import * as Plot from '@observablehq/plot';
import { drawPlot, type Figure, type FigureOptions, TITLE_HEIGHT } from './figure.ts';
import { drawLegend, legendHeight, legendWidth } from './legend.ts';
import { seriesStyle } from './theme.ts';

export interface CurveSeries {
  readonly name: string;
  /** For each run (seed) its points, x ascending. */
  readonly runs: readonly (readonly (readonly [x: number, y: number])[])[];
}

export interface LearningCurvesOptions extends FigureOptions {
  readonly series: readonly CurveSeries[];
  /** Names of the axes. Default of x: `epoch`. */
  readonly x?: string;
  readonly y: string;
  /** Writes a value of y. */
  readonly format?: (value: number) => string;
  /** Greatest value of the vertical axis; default: of the data. */
  readonly top?: number;
  /** A place on the horizontal axis to point out. */
  readonly mark?: { readonly x: number; readonly label: string } | undefined;
}

interface MeanPoint {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Symbols on a line: enough to tell it by. */
const SYMBOLS = 8;
/** Beyond it, points carry no tooltips: they would lie on one another, and files would grow. */
const MOST_TOOLTIPS = 200;

export function learningCurves(options: LearningCurvesOptions): Figure {
  const { title, x = 'epoch', y, top, mark, width = 440, height = 240 } = options;
  const format = options.format ?? ((value: number) => String(Number(value.toPrecision(3))));
  const lines = options.series
    .map(({ name, runs }, style) => ({
      name: runs.length > 1 ? `${name}, mean of ${runs.length}` : name,
      style,
      points: meanPoints(runs),
    }))
    .filter(({ points }) => points.length > 0);
  const ends = lines.map(
    ({ name, points }) => `${name} from ${format(points[0]!.mean)} to ${format(points.at(-1)!.mean)}`,
  );
  const description = `${title}: ${ends.join('; ')}.`;
  const entries = [...lines].sort((a, b) => b.points.at(-1)!.mean - a.points.at(-1)!.mean);
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) all.push({ x: 0, mean: 0, low: 0, high: 1 });
  const [least, last] = [Math.min(...all.map((point) => point.x)), Math.max(...all.map((point) => point.x))];
  const marks = lines.flatMap(({ name, style, points }): Plot.Markish[] => {
    const { colour, dashes, symbol } = seriesStyle(style);
    const every = Math.ceil(points.length / SYMBOLS);
    const spread = points.filter((_, i) => (points.length - 1 - i) % every === 0);
    const tip = (point: MeanPoint) => `${name}, ${x} ${point.x}: ${format(point.mean)}`;
    return [
      Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.14 }),
      Plot.lineY(points, { x: 'x', y: 'mean', stroke: colour, strokeWidth: 2, strokeDasharray: dashes }),
      Plot.dot(spread, { x: 'x', y: 'mean', fill: colour, symbol, r: 3.2 }),
      ...(points.length <= MOST_TOOLTIPS
        ? [Plot.dot(points, { x: 'x', y: 'mean', r: 6, fill: 'transparent', title: tip })]
        : []),
    ];
  });
  const pointer: Plot.Markish[] = mark
    ? [
        Plot.ruleX([mark.x], { stroke: 'var(--pale)', strokeDasharray: '2 4' }),
        Plot.text([mark.x], {
          x: (value: number) => value,
          frameAnchor: 'top',
          dy: 2,
          dx: 4,
          textAnchor: 'start',
          text: () => mark.label,
          fill: 'var(--pale)',
        }),
      ]
    : [];
  return {
    title,
    description,
    draw(document) {
      const inner = Math.max(height, legendHeight(entries));
      const svg = drawPlot(
        document,
        { title, description },
        {
          width: width + 64 + legendWidth(entries),
          height: inner + TITLE_HEIGHT + 44,
          marginLeft: 64,
          marginRight: legendWidth(entries),
          x: {
            label: x,
            labelArrow: 'none',
            labelAnchor: 'center',
            domain: least < last ? [least, last] : [least - 1, least + 1],
            ticks: wholeTicks(least, last),
            tickFormat: String,
          },
          y: {
            label: y,
            labelArrow: 'none',
            labelAnchor: 'center',
            tickFormat: format,
            ticks: 5,
            nice: top === undefined,
            domain: [Math.min(0, ...all.map(({ low }) => low)), top ?? Math.max(...all.map(({ high }) => high), 1e-6)],
          },
          marks: [Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1, ticks: 5 }), ...pointer, ...marks],
        },
      );
      svg.append(drawLegend(document, entries, { x: width + 64 + 14, y: TITLE_HEIGHT, lines: true }));
      return svg;
    },
  };
}

/** Over the runs that came so far: with patience they may stop at different epochs. */
function meanPoints(runs: CurveSeries['runs']): MeanPoint[] {
  const byX = new Map<number, number[]>();
  for (const run of runs) for (const [x, value] of run) byX.set(x, [...(byX.get(x) ?? []), value]);
  return [...byX.entries()]
    .sort(([a], [b]) => a - b)
    .map(([x, values]) => {
      const { mean, standardDeviation } = summarize(values);
      return { x, mean, low: mean - standardDeviation, high: mean + standardDeviation };
    });
}

/** About six whole numbers, the first and the last among the candidates: epochs have no halves. */
function wholeTicks(least: number, last: number): number[] {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
  const step = steps.find((candidate) => (last - least) / candidate <= 6) ?? (last - least) / 6;
  const ticks: number[] = [];
  for (let tick = Math.ceil(least / step) * step; tick <= last; tick += step) ticks.push(tick);
  return ticks;
}
