import { expect, it } from 'vitest';
import { textKey } from './text-key.ts';

it('textKey knows copies whatever their case and white space, and a pair from its texts', () => {
  expect(textKey(' A  good\nFilm ')).toBe(textKey('a good film'));
  expect(textKey('scho\u0308n')).toBe(textKey('SCHÖN'));
  expect(textKey('a', 'b c')).not.toBe(textKey('a b', 'c'));
});
