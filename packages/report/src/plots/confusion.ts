/** A confusion matrix as a heat map: shaded by the share of its row, with the counts in the cells. */
import * as Plot from '@observablehq/plot';
import stringWidth from 'string-width';
import { CHARACTER, drawPlot, type Figure, type FigureOptions, shortened, TITLE_HEIGHT } from './figure.ts';

export interface ConfusionOptions extends FigureOptions {
  readonly classes: readonly string[];
  /** Entry [i][j] counts the examples of class i that were taken for class j. */
  readonly matrix: readonly (readonly number[])[];
}

/** Beyond so many classes cells are too small for their counts, and names for their rows. */
const MOST_COUNTS = 25;
const MOST_NAMES = 60;
const LONGEST = 20;

export function confusionPlot({ title, classes, matrix }: ConfusionOptions): Figure {
  const side = classes.length;
  const cells = matrix.flatMap((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, prediction) => ({
      truth,
      prediction,
      count,
      total,
      share: total === 0 ? 0 : count / total,
    }));
  });
  const tip = ({ truth, prediction, count, total }: (typeof cells)[number]) =>
    `${count} of ${total} ${classes[truth]} taken for ${classes[prediction]}`;
  const mistakes = cells.filter(({ truth, prediction, count }) => truth !== prediction && count > 0);
  const right = cells.reduce((sum, { truth, prediction, count }) => sum + (truth === prediction ? count : 0), 0);
  const all = cells.reduce((sum, { count }) => sum + count, 0);
  const worst = [...mistakes].sort((a, b) => b.share - a.share).slice(0, 5);
  const description =
    `${title}: ${right} of ${all} recognised. ` +
    (worst.length > 0 ? `Most often confused: ${worst.map(tip).join('; ')}.` : 'None is taken for another.');
  const names = classes.map((name) => shortened(name, LONGEST));
  const room =
    side > MOST_NAMES
      ? 0
      : Math.min(LONGEST * CHARACTER, CHARACTER * Math.max(1, ...names.map((name) => stringWidth(name))));
  return {
    title,
    description,
    draw(document) {
      const cell = side <= 12 ? 40 : side <= MOST_COUNTS ? 28 : side <= MOST_NAMES ? 14 : Math.max(2, 840 / side);
      const axis =
        side <= MOST_NAMES ? { tickFormat: (i: number) => names[i]!, tickSize: 0 } : { ticks: [], tickSize: 0 };
      const domain = classes.map((_, i) => i);
      const percents = matrix.map((row, i) => {
        const total = row.reduce((sum, count) => sum + count, 0);
        return { truth: i, text: total === 0 ? '–' : `${((100 * row[i]!) / total).toFixed(0)} %` };
      });
      const shadings = [
        {
          kind: cells.filter(({ truth, prediction, count }) => truth === prediction && count > 0),
          fill: 'var(--good)',
        },
        { kind: mistakes, fill: 'var(--bad)' },
      ];
      return drawPlot(
        document,
        { title, description },
        {
          marginTop: TITLE_HEIGHT + 10,
          marginLeft: room + 40,
          marginRight: 56,
          marginBottom: room + 44,
          width: room + 40 + side * cell + 56,
          height: TITLE_HEIGHT + 10 + side * cell + room + 44,
          x: {
            type: 'band',
            domain,
            padding: 0,
            label: 'taken for',
            labelArrow: 'none',
            labelAnchor: 'center',
            tickRotate: -60,
            labelOffset: room + 34,
            ...axis,
          },
          y: {
            type: 'band',
            domain,
            padding: 0,
            label: 'is',
            labelArrow: 'none',
            labelAnchor: 'center',
            labelOffset: room + 28,
            ...axis,
          },
          marks: [
            ...shadings.map(({ kind, fill }) =>
              Plot.cell(kind, {
                x: 'prediction',
                y: 'truth',
                fill,
                fillOpacity: ({ share }) => 0.12 + 0.63 * share,
                inset: side > MOST_NAMES ? 0 : 1,
                title: tip,
              }),
            ),
            Plot.frame({ stroke: 'var(--rule)' }),
            ...(side <= MOST_COUNTS
              ? [
                  Plot.text(cells, {
                    x: 'prediction',
                    y: 'truth',
                    text: ({ count }) => (count === 0 ? '·' : String(count)),
                    fill: 'var(--ink)',
                    pointerEvents: 'none',
                  }),
                  Plot.text(percents, {
                    y: 'truth',
                    text: 'text',
                    frameAnchor: 'right',
                    textAnchor: 'start',
                    dx: 8,
                    fill: 'var(--pale)',
                  }),
                ]
              : []),
          ],
        },
      );
    },
  };
}
