/** What the plots show, found again in the drawn SVG; well-formed, and with nothing from elsewhere. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../records/study-record.ts';
import { where } from '../records/study-record.ts';
import { pairedDifference } from '../statistics/paired-difference.ts';
import { confusionPlot } from './confusion.ts';
import { differencesPlot } from './differences.ts';
import { type Figure, svgText } from './figure.ts';
import { learningCurves } from './learning-curves.ts';
import { scatterPlot } from './scatter.ts';
import { sizeCurves } from './size-curves.ts';
import { memoryDocument, writeSvg } from './svg-files.ts';
import { seriesStyle } from './theme.ts';

const EVIL = '<script>alert("x")</script>\u0007&';
const plans = ['scratch', 'full', EVIL];
const measurements = plans.flatMap((plan, i) =>
  [5, 20, 100].flatMap((size, j) =>
    [0, 1, 2].map(
      (seed): Measurement => ({
        factors: { plan, size },
        seed,
        metrics: { accuracy: 0.4 + 0.1 * i + 0.05 * j + 0.01 * seed },
        seconds: 1,
      }),
    ),
  ),
);
const difference = (upper: string, lower: string) =>
  pairedDifference(where(measurements, { plan: upper }), where(measurements, { plan: lower }), {
    metric: 'accuracy',
    by: ['size'],
  });

const figures: Record<string, Figure> = {
  curves: learningCurves({
    title: `Loss ${EVIL}`,
    y: 'nats',
    format: (value) => value.toFixed(2),
    mark: { x: 2, label: 'kept' },
    series: [
      {
        name: 'full',
        runs: [
          [
            [1, 1],
            [2, 0.5],
            [3, 0.25],
          ],
          [
            [1, 2],
            [2, 1.5],
          ],
        ],
      },
      { name: EVIL, runs: [[[1, 1]]] },
      { name: 'empty', runs: [[]] },
    ],
  }),
  sizes: sizeCurves(measurements, { title: 'Sizes', x: 'size', series: 'plan', metric: 'accuracy' }),
  differences: differencesPlot({
    title: 'Differences',
    x: 'points',
    rows: [
      { label: 'full - scratch', difference: difference('full', 'scratch') },
      { label: EVIL, difference: difference('scratch', 'full') },
    ],
  }),
  confusion: confusionPlot({
    title: 'Confusion',
    classes: [EVIL, 'b'],
    matrix: [
      [3, 1],
      [0, 0],
    ],
  }),
  scatter: scatterPlot({
    title: 'Scores',
    x: 'LogME',
    y: 'accuracy',
    points: [
      { x: 0.5, y: 70, label: EVIL, series: 'a' },
      { x: 0.7, y: 80, label: 'full', series: 'b' },
    ],
  }),
};
const draw = (figure: Figure) => svgText(figure, memoryDocument());
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

describe.each(Object.entries(figures))('%s', (_, figure) => {
  const svg = draw(figure);

  it('has its title and description as its first words, and names as texts', () => {
    const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement!;
    expect(root.tagName).toBe('svg');
    expect(root.getAttribute('role')).toBe('img');
    expect([...root.children].slice(0, 2).map(({ tagName }) => tagName)).toEqual(['title', 'desc']);
    expect(root.children[1]!.textContent!.length).toBeGreaterThan(20);
    expect(svg).toContain('&lt;script&gt;alert');
    expect(svg).not.toContain('<script');
  });

  it('has every tag closed, no control character, no place that is no number, and nothing from elsewhere', () => {
    const open: string[] = [];
    for (const [, end, name, empty] of svg.matchAll(/<(\/?)([A-Za-z]+)(?:"[^"]*"|[^<>"])*?(\/?)>/g)) {
      if (empty === '/') continue;
      if (end === '/') expect(open.pop()).toBe(name);
      else open.push(name!);
    }
    expect(open).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(svg).not.toMatch(/[\u0000-\u0008\u000b-\u001f]|NaN|Infinity|undefined/);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/@import|url\(|https?:|href=/);
  });

  it('is the same each time, and follows light and dark', () => {
    expect(draw(figure)).toBe(svg);
    expect(svg).toContain('prefers-color-scheme:dark');
  });
});

it('learningCurves draws the mean of the runs that came so far, and says where lines begin and end', () => {
  expect(figures.curves!.description).toContain('full, mean of 2 from 1.50 to 0.25;');
  expect(figures.curves!.description).not.toContain('empty');
  expect(draw(figures.curves!)).toContain('full, mean of 2, epoch 2: 1.00');
});

it('sizeCurves has a line, error bars and points for each plan, sizes as ticks', () => {
  const svg = draw(figures.sizes!);
  expect(svg).toContain('full: 51.0 ± 1.0, 3 seeds');
  expect(count(svg, /± 1\.0, 3 seeds<\/title>/g)).toBe(9);
  for (const size of [5, 20, 100]) expect(svg).toMatch(new RegExp(`y="0.71em">${size}</text>`));
});

it('sizeCurves places texts one beside the other', () => {
  const named = measurements.map((m) => ({
    ...m,
    factors: { ...m.factors, size: m.factors.size === 100 ? 'all' : m.factors.size! },
  }));
  const svg = draw(sizeCurves(named, { title: 'Sizes', x: 'size', series: 'plan', metric: 'accuracy' }));
  expect(svg).toContain('>all</text>');
  expect(svg).not.toContain('NaN');
});

it('differencesPlot colours what is better beyond the interval, and counts wins', () => {
  const svg = draw(figures.differences!);
  expect(svg).toContain('+10.0, 9 of 9 won');
  expect(svg).toContain('-10.0, 0 of 9 won');
  expect(count(svg, /var\(--good\)/g)).toBe(2);
  expect(count(svg, /var\(--bad\)/g)).toBe(2);
});

it('confusionPlot counts in cells, and says what is confused; a class without examples has no share', () => {
  const svg = draw(figures.confusion!);
  expect(figures.confusion!.description).toContain('3 of 4 recognised');
  expect(svg).toContain('taken for b</title>');
  expect(svg).toContain('75 %');
  expect(svg).toContain('>–</text>');
});

it('scatterPlot labels every point, and no label lies on another', () => {
  const points = Array.from({ length: 12 }, (_, i) => ({ x: i % 4, y: Math.floor(i / 4), label: `label ${i}` }));
  const svg = draw(scatterPlot({ title: 'Grid', x: 'a', y: 'b', points }));
  const texts = new DOMParser().parseFromString(svg, 'image/svg+xml').querySelectorAll('text[dy]');
  const boxes = [...texts].map((text) => ['x', 'y'].map((name) => Number(text.getAttribute(name))));
  expect(boxes).toHaveLength(12);
  for (const [i, [x, y]] of boxes.entries())
    for (const [other, level] of boxes.slice(i + 1))
      expect(Math.abs(x! - other!) > 40 || Math.abs(y! - level!) > 10).toBe(true);
});

it('no plot fails without data', () => {
  for (const figure of [
    learningCurves({ title: 't', y: 'y', series: [] }),
    sizeCurves([], { title: 't', x: 'size', series: 'plan', metric: 'accuracy' }),
    differencesPlot({ title: 't', x: 'x', rows: [] }),
    confusionPlot({ title: 't', classes: [], matrix: [] }),
    scatterPlot({ title: 't', x: 'x', y: 'y', points: [] }),
  ])
    expect(draw(figure)).not.toMatch(/NaN|Infinity/);
});

it('twelve series differ in colour and dashes together, and again in colour and symbol', () => {
  const styles = Array.from({ length: 12 }, (_, i) => seriesStyle(i));
  expect(new Set(styles.map(({ colour, dashes }) => colour + dashes)).size).toBe(12);
  expect(new Set(styles.map(({ colour, symbol }) => colour + symbol)).size).toBe(12);
});

it('writeSvg writes a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'attune-svg-'));
  try {
    await writeSvg(join(folder, 'plots', 'a.svg'), figures.sizes!);
    expect(await readFile(join(folder, 'plots', 'a.svg'), 'utf8')).toBe(`${draw(figures.sizes!)}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
