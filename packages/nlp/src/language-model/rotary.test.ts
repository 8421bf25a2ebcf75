import { selectBackend, tf } from '@attune/core';
import { beforeAll, expect, it } from 'vitest';
import { rotate, rotations } from './rotary.ts';

beforeAll(async () => void (await selectBackend({ prefer: 'cpu' })));

const [WIDTH, BASE] = [6, 100];
/** Value i with value i + w/2 as one complex number, times e^(i angle). */
function turned(x: readonly number[], position: number): number[] {
  const half = WIDTH / 2;
  return x.map((value, i) => {
    const angle = position * BASE ** ((-2 * (i % half)) / WIDTH);
    const other = x[(i + half) % WIDTH]!;
    return value * Math.cos(angle) + (i < half ? -1 : 1) * other * Math.sin(angle);
  });
}

it('turns each pair by its position times its frequency', () => {
  const x = tf.randomNormal([2, 3, 5, WIDTH], 0, 1, 'float32', 1) as tf.Tensor4D;
  const expected = (x.arraySync() as number[][][][]).map((text) => text.map((head) => head.map(turned)));
  const actual = [...rotate(x, rotations(5, WIDTH, BASE)).dataSync()];
  expect(actual).toEqual(expected.flat(3).map((value) => expect.closeTo(value, 5)));
});

it('makes products depend on distances alone', () => {
  const [q, k] = [1, 2].map(
    (seed) => tf.tile(tf.randomNormal([1, 1, 1, WIDTH], 0, 1, 'float32', seed), [1, 1, 8, 1]) as tf.Tensor4D,
  );
  const turn = rotations(8, WIDTH, BASE);
  const products = tf.squeeze(tf.matMul(rotate(q!, turn), rotate(k!, turn), false, true)).arraySync() as number[][];
  for (let i = 0; i < 7; i++)
    for (let j = 0; j < 7; j++) expect(products[i + 1]![j + 1]).toBeCloseTo(products[i]![j]!, 4);
});
