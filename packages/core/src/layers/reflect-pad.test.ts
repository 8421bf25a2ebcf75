import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensorflow.ts';
import { reflectPad } from './reflect-pad.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('reflectPad', () => {
  it('reflects without repeating the edge (by hand)', () => {
    const row = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const padded = tf.squeeze(reflectPad(row, 1)).arraySync();
    expect(padded).toEqual([
      [5, 4, 5, 6, 5],
      [2, 1, 2, 3, 2],
      [5, 4, 5, 6, 5],
      [8, 7, 8, 9, 8],
      [5, 4, 5, 6, 5],
    ]);
  });

  // Padding is linear, so that its gradient is its transpose: <pad(x), dy> = <x, gradient(dy)> for every x and dy.
  for (const [height, width, edge] of [
    [3, 3, 1],
    [4, 5, 1],
    [6, 5, 2],
    [9, 8, 3],
  ] as const) {
    it(`has the transpose as its gradient: ${height} x ${width}, edge ${edge}`, () => {
      const x = tf.randomNormal([2, height, width, 3], 0, 1, 'float32', 1) as tf.Tensor4D;
      const dy = tf.randomNormal([2, height + 2 * edge, width + 2 * edge, 3], 0, 1, 'float32', 2);
      const gradient = tf.grad((a) => reflectPad(a as tf.Tensor4D, edge))(x, dy);
      const left = tf.sum(tf.mul(reflectPad(x, edge), dy)).dataSync()[0]!;
      expect(tf.sum(tf.mul(x, gradient)).dataSync()[0]).toBeCloseTo(left, 3);
      expect(gradient.shape).toEqual(x.shape);
    });
  }

  it('refuses an edge that reaches the middle', () => {
    expect(() => reflectPad(tf.zeros([1, 4, 4, 1]), 2)).toThrow(RangeError);
  });
});
