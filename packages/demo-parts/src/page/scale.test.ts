import { expect, it } from 'vitest';
import { roundNumbers } from './scale.ts';

it('gives round numbers within the range', () => {
  expect(roundNumbers(0, 1, 4)).toEqual([0, 0.5, 1]);
  expect(roundNumbers(0, 1.3, 6)).toEqual([0, 0.5, 1]);
  expect(roundNumbers(1, 20, 6)).toEqual([5, 10, 15, 20]);
  expect(roundNumbers(0.1, 0.52, 4)).toEqual([0.2, 0.4]);
  expect(roundNumbers(3, 3, 5)).toEqual([3]);
});
