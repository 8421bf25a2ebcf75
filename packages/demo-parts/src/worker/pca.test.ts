import { Random } from '@attune/core';
import { expect, it } from 'vitest';
import { principalComponents } from './pca.ts';

/** Rows whose spread along (3, 4, 0)/5 is 10, along (-4, 3, 0)/5 is 2, along (0, 0, 1) is 0.1. */
function stretched(count: number): { values: Float32Array; along: number[]; across: number[] } {
  const random = Random.fromSeed(5);
  const values = new Float32Array(count * 3);
  const along = Array.from({ length: count }, () => random.normal(0, 10));
  const across = Array.from({ length: count }, () => random.normal(0, 2));
  for (let row = 0; row < count; row++) {
    values[row * 3] = 100 + 0.6 * along[row]! - 0.8 * across[row]!;
    values[row * 3 + 1] = -50 + 0.8 * along[row]! + 0.6 * across[row]!;
    values[row * 3 + 2] = random.normal(0, 0.1);
  }
  return { values, along, across };
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number) =>
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
}

it('finds the two directions of largest spread, in order, whatever the mean', () => {
  const { values, along, across } = stretched(300);
  const places = principalComponents(values, 300, 3);
  const column = (c: number) => Array.from({ length: 300 }, (_, row) => places[row * 2 + c]!);
  expect(Math.abs(correlation(column(0), along))).toBeGreaterThan(0.999);
  expect(Math.abs(correlation(column(1), across))).toBeGreaterThan(0.99);
  expect(Math.abs(column(0).reduce((sum, value) => sum + value, 0) / 300)).toBeLessThan(1e-3);
});

it('leaves rows that do not differ at one place', () => {
  expect([...principalComponents(new Float32Array(12).fill(3), 4, 3)].every((value) => Math.abs(value) < 1e-6)).toBe(
    true,
  );
});
