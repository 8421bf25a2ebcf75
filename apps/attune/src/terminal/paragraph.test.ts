import { expect, it } from 'vitest';
import { paragraph, textWidth } from './paragraph.ts';

it('breaks text between words, below where it began', () => {
  expect(paragraph('size', 'one two three four', 19)).toBe(
    ['size      one two', '          three', '          four'].join('\n'),
  );
  expect(paragraph('', 'averyverylongword next', 14)).toBe('          averyverylongword\n          next');
  const text = Array.from({ length: 60 }, (_, i) => 'x'.repeat(1 + (i % 9))).join(' ');
  const lines = paragraph('data', text, 80).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.map((line) => line.slice(10)).join(' ')).toBe(text);
});

it('is as wide as the terminal, within reason', () => {
  expect([undefined, 0, 20, 100, 300].map((columns) => textWidth(columns))).toEqual([
    textWidth(process.stdout.columns),
    80,
    40,
    100,
    120,
  ]);
});
