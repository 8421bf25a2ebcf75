/** Points with labels: a transferability score against the accuracy that was reached, say. */
import * as Plot from '@observablehq/plot';
import stringWidth from 'string-width';
import {
  CHARACTER,
  drawPlot,
  element,
  type Figure,
  type FigureOptions,
  LINE,
  shortened,
  TITLE_HEIGHT,
  withText,
} from './figure.ts';
import { drawLegend, legendHeight, legendWidth } from './legend.ts';
import { seriesStyle } from './theme.ts';

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  /** Points of a series share colour and symbol. */
  readonly series?: string;
}

export interface ScatterOptions extends FigureOptions {
  readonly points: readonly ScatterPoint[];
  readonly x: string;
  readonly y: string;
}

const LONGEST = 28;

export function scatterPlot({ title, points, x, y, width = 460, height = 320 }: ScatterOptions): Figure {
  const names = [...new Set(points.map(({ series }) => series ?? ''))];
  const entries = names.length > 1 ? names.map((name, style) => ({ name: name === '' ? 'others' : name, style })) : [];
  const number = (value: number) => String(Number(value.toPrecision(4)));
  const description = `${title}: ${points.map((point) => `${point.label} ${x} ${number(point.x)}, ${y} ${number(point.y)}`).join('; ')}.`;
  return {
    title,
    description,
    draw(document) {
      const none = points.length === 0 ? { domain: [0, 1] } : {};
      const right = entries.length > 0 ? legendWidth(entries) : 24;
      const [total, bottom] = [width + 68 + right, Math.max(height, legendHeight(entries)) + TITLE_HEIGHT];
      const svg = drawPlot(
        document,
        { title, description },
        {
          width: total,
          height: bottom + 44,
          marginLeft: 68,
          marginRight: right,
          x: { label: x, labelArrow: 'none', labelAnchor: 'center', nice: true, inset: 10, ...none },
          y: { label: y, labelArrow: 'none', labelAnchor: 'center', nice: true, inset: 10, ...none },
          marks: [
            Plot.gridX({ stroke: 'var(--rule)', strokeOpacity: 1 }),
            Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1 }),
            ...names.map((name, index) => {
              const { colour, symbol } = seriesStyle(index);
              const own = points.filter(({ series }) => (series ?? '') === name);
              const tip = (point: ScatterPoint) => `${point.label}: ${x} ${number(point.x)}, ${y} ${number(point.y)}`;
              return Plot.dot(own, { x: 'x', y: 'y', fill: colour, symbol, r: 4.5, title: tip });
            }),
          ],
        },
      );
      if (points.length > 0) {
        const [toX, toY] = [svg.scale('x'), svg.scale('y')];
        const places = points.map((point) => ({
          x: toX.apply(point.x),
          y: toY.apply(point.y),
          label: shortened(point.label, LONGEST),
        }));
        const frame = { left: 68, right: 68 + width + (entries.length > 0 ? 0 : 20), top: TITLE_HEIGHT, bottom };
        for (const { x: left, y: middle, label } of placeLabels(places, frame))
          svg.append(
            withText(
              element(document, 'text', { x: left, y: middle, dy: '0.32em', 'text-anchor': 'start', 'font-size': 11 }),
              label,
            ),
          );
      }
      if (entries.length > 0)
        svg.append(drawLegend(document, entries, { x: width + 68 + 14, y: TITLE_HEIGHT, lines: false }));
      return svg;
    },
  };
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface PlacedLabel {
  /** Left end and middle height of the text. */
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/**
 * A place for each label beside its point, right, left, above or below, whichever covers the least of points and of labels
 * that are placed already.
 */
function placeLabels(points: readonly PlacedLabel[], frame: Box): PlacedLabel[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }));
  return points.map(({ x, y, label }, i) => {
    const wide = stringWidth(label) * CHARACTER * 0.92;
    const candidates = [
      { x: x + 9, y },
      { x: x - 9 - wide, y },
      { x: x - wide / 2, y: y - LINE * 0.85 },
      { x: x - wide / 2, y: y + LINE * 0.85 },
      { x: x + 6, y: y - LINE * 0.7 },
      { x: x + 6, y: y + LINE * 0.7 },
    ].map((place) => {
      const box = { left: place.x, right: place.x + wide, top: place.y - LINE / 2, bottom: place.y + LINE / 2 };
      const covered = taken.reduce((sum, other, k) => sum + (k === i ? 0 : overlap(box, other)), 0);
      const outside = wide * LINE - overlap(box, frame);
      return { place, box, cost: covered + 4 * outside };
    });
    const best = candidates.reduce((a, b) => (b.cost < a.cost ? b : a));
    taken.push(best.box);
    return { ...best.place, label };
  });
}

function overlap(a: Box, b: Box): number {
  const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return wide > 0 && high > 0 ? wide * high : 0;
}
