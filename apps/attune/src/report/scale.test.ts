import { describe, expect, it } from 'vitest';
import { linearScale, roundNumbers } from './scale.ts';

describe('roundNumbers', () => {
  it.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 2.31, 5, [0, 0.5, 1, 1.5, 2]],
    [1, 120, 6, [20, 40, 60, 80, 100, 120]],
    [1, 4, 6, [1, 1.5, 2, 2.5, 3, 3.5, 4]],
    [0, 0.0031, 5, [0, 0.001, 0.002, 0.003]],
    [3, 3, 5, [3]],
  ])('%d to %d', (low, high, count, expected) => expect(roundNumbers(low, high, count)).toEqual(expected));
});

it('linearScale maps the ends of the domain to those of the range', () => {
  const scale = linearScale([10, 20], [100, 0], 2);
  expect([scale(10), scale(15), scale(20)]).toEqual([100, 50, 0]);
  expect(linearScale([5, 5], [0, 10], 2)(5)).toBe(0);
});
