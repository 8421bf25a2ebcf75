import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensorflow.ts';
import { normalizeRms } from './normalize-rms.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('normalizeRms', () => {
  it('divides by the root mean square (by hand)', () => {
    const y = normalizeRms(tf.tensor2d([[3, 4, 0, 0]]), tf.tensor1d([1, 2, 1, 1]), 0);
    // sqrt((9 + 16) / 4) = 2.5
    expect([...y.dataSync()]).toEqual([1.2, 3.2, 0, 0].map((value) => expect.closeTo(value, 5)));
  });

  it.each([[[6, 5]], [[3, 4, 5]]])('gives the values and both gradients of the definition for %j', (shape) => {
    const definition = (x: tf.Tensor, scale: tf.Tensor) =>
      tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 0.01))), scale);
    const x = tf.add(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', 1), 2), 1);
    const scale = tf.randomNormal([5], 1, 0.5, 'float32', 2);
    const dy = tf.randomNormal(shape, 0, 1, 'float32', 3);
    const ours = tf.grads((a, b) => normalizeRms(a!, b!, 0.01))([x, scale], dy);
    const theirs = tf.grads((a, b) => definition(a!, b!))([x, scale], dy);
    const pairs: (readonly [tf.Tensor, tf.Tensor])[] = ours.map((gradient, i) => [gradient, theirs[i]!]);
    pairs.push([normalizeRms(x, scale, 0.01), definition(x, scale)]);
    for (const [actual, expected] of pairs) {
      expect(actual.shape).toEqual(expected.shape);
      expect(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]).toBeLessThan(1e-4);
    }
  });
});
