/** The legend at a plot's right: a line, a symbol and a name for each series, in the order in which the lines end. */
import * as Plot from '@observablehq/plot';
import stringWidth from 'string-width';
import { CHARACTER, LINE, type SvgDocument, type SvgElement, shortened } from './figure.ts';
import { seriesStyle } from './theme.ts';

export interface LegendEntry {
  readonly name: string;
  /** Index of its style. */
  readonly style: number;
}

const KEY = 30;
const LONGEST = 34;

/** Room for the legend, pixels; 16 for none, which a plot keeps at its right anyway. */
export function legendWidth(entries: readonly LegendEntry[]): number {
  if (entries.length === 0) return 16;
  return (
    28 + KEY + Math.ceil(CHARACTER * Math.max(...entries.map(({ name }) => stringWidth(shortened(name, LONGEST)))))
  );
}

export function legendHeight(entries: readonly LegendEntry[]): number {
  return entries.length * LINE;
}

/** An `svg` element to be put into the plot's own. @param lines Whether series are lines, or symbols alone. */
export function drawLegend(
  document: SvgDocument,
  entries: readonly LegendEntry[],
  { x, y, lines }: { readonly x: number; readonly y: number; readonly lines: boolean },
): SvgElement {
  const [width, height] = [legendWidth(entries), legendHeight(entries)];
  const marks = entries.flatMap(({ name, style }, row): Plot.Markish[] => {
    const { colour, dashes, symbol } = seriesStyle(style);
    const middle = (row + 0.5) * LINE;
    const line = { x1: 0, x2: KEY - 6, y: middle, stroke: colour, strokeWidth: 2, strokeDasharray: dashes };
    return [
      ...(lines ? [Plot.ruleY([middle], { ...line, y: (value: number) => value })] : []),
      Plot.dot([middle], { x: (KEY - 6) / 2, y: (value: number) => value, fill: colour, symbol, r: 3.6 }),
      Plot.text([middle], {
        x: KEY,
        y: (value: number) => value,
        text: () => shortened(name, LONGEST),
        textAnchor: 'start',
      }),
    ];
  });
  const legend = Plot.plot({
    document: document as never,
    className: 'attune-plot',
    width,
    height,
    margin: 0,
    axis: null,
    x: { domain: [0, width] },
    y: { domain: [height, 0] },
    marks,
  }) as unknown as SvgElement;
  for (const [name, value] of Object.entries({ x, y, 'font-size': 12 })) legend.setAttribute(name, String(value));
  return legend;
}
