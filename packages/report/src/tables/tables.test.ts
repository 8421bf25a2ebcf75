import { describe, expect, it } from 'vitest';
import type { Measurement } from '../records/study-record.ts';
import { markdown, replaceSection } from './markdown.ts';
import { pivot } from './pivot.ts';
import { plainTable } from './table.ts';
import { terminalText } from './terminal.ts';

function measure(target: string, plan: string, size: number, ...accuracies: number[]): Measurement[] {
  return accuracies.map((accuracy, seed) => ({
    factors: { target, plan, size },
    seed,
    metrics: { accuracy },
    seconds: 1,
  }));
}

const measurements = [
  ...measure('flowers', 'full', 20, 0.71, 0.72, 0.73),
  ...measure('flowers', 'full', 5, 0.4, 0.5, 0.6),
  ...measure('flowers', 'probe', 20, 0.7),
  ...measure('digits', 'full', 20, 0.9, 0.9, 0.9),
  ...measure('digits', 'probe', 5, 0.6, 0.8, 0.7),
  ...measure('flowers', 'probe', 5, 0.5001, 0.4, 0.6),
];

describe('pivot', () => {
  const table = pivot(measurements, { rows: ['target', 'plan'], columns: 'size', metric: 'accuracy' });

  it('has means and deviations, the number of a thin cell, gaps, and columns in the order of numbers', () => {
    expect(table.columns.map(({ title }) => title)).toEqual(['target', 'plan', '5', '20']);
    expect(table.rows.map((row) => row.map(({ text }) => text))).toEqual([
      ['flowers', 'full', '50.0 ± 10.0', '72.0 ± 1.0'],
      ['flowers', 'probe', '50.0 ± 10.0', '70.0 (1)'],
      ['digits', 'full', '–', '90.0 ± 0.0'],
      ['digits', 'probe', '70.0 ± 10.0', '–'],
    ]);
  });

  it('marks the best of each column within a target, equals as shown both', () => {
    const best = table.rows.map((row) => row.slice(2).map(({ best }) => best === true));
    expect(best).toEqual([
      [true, true],
      [true, false],
      [false, true],
      [true, false],
    ]);
  });

  it('can prefer the lower, and mark nothing', () => {
    const options = { rows: 'plan', columns: 'size', metric: 'accuracy', scale: 1, digits: 2 } as const;
    const flowers = measurements.filter(({ factors }) => factors.target === 'flowers');
    expect(markdown(pivot(flowers, { ...options, better: 'lower' }))).toContain('| **0.70 (1)** |');
    expect(markdown(pivot(flowers, { ...options, better: null }))).not.toContain('**');
  });

  it('of nothing is an empty table', () => {
    expect(pivot([], { rows: 'plan', columns: 'size', metric: 'accuracy' }).rows).toEqual([]);
  });
});

describe('markdown', () => {
  it('writes alignment, bold, and names as they are', () => {
    const table = plainTable(
      ['name', 'value'],
      [
        ['a|b_c _d_', 1],
        ['<img src=x>\n`x|y`', { text: '2.5 ± 0.1', best: true }],
      ],
    );
    expect(markdown(table)).toBe(
      [
        '| name | value |',
        '| --- | ---: |',
        '| a\\|b_c \\_d\\_ | 1 |',
        '| \\<img src=x> `x\\|y` | **2.5 ± 0.1** |',
      ].join('\n'),
    );
  });
});

describe('terminalText', () => {
  it('aligns characters of any width', () => {
    const table = plainTable(
      ['name', 'n'],
      [
        ['花', 1],
        ['cafe\u0301', 10],
        ['👩‍🔬', '–'],
      ],
    );
    expect(terminalText(table).split('\n')).toEqual(['name   n', '花     1', 'cafe\u0301  10', '👩‍🔬     –']);
  });

  it('marks the best, and lets no escape sequence through', () => {
    const table = plainTable(
      ['a\u001b[31m', 'n'],
      [
        ['x', { text: '1', best: true }],
        ['y', 22],
      ],
    );
    expect(terminalText(table)).toBe(['a [31m   n', 'x        1*', 'y       22'].join('\n'));
    expect(terminalText(table, { bold: true })).toContain('\u001b[1m1\u001b[22m');
  });
});

describe('replaceSection', () => {
  const document = 'before\n<!-- a: written by x.ts -->\nold\n<!-- /a -->\nafter\n<!-- ab -->\n<!-- /ab -->\n';

  it('replaces what lies between the marks, and nothing else; doing so twice changes nothing', () => {
    const once = replaceSection(document, 'a', 'new $& text');
    expect(once).toBe(document.replace('\nold\n', () => '\n\nnew $& text\n\n'));
    expect(replaceSection(once, 'a', 'new $& text')).toBe(once);
  });

  it.each(['c', 'b'])('refuses a document without the marks of %s', (name) => {
    expect(() => replaceSection(document, name, '', 'README.md')).toThrow(/README.md lacks the marks/);
  });

  it('refuses marks that come twice or the wrong way round', () => {
    expect(() => replaceSection(document + document, 'a', '')).toThrow(/more than once/);
    expect(() => replaceSection('<!-- /a --><!-- a -->', 'a', '')).toThrow(/lacks the marks/);
  });
});
