import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensorflow.ts';
import { normalizeLayer } from './normalize-layer.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The definition, differentiated operation by operation. */
function byDefinition(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, epsilon: number): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), scale), shift);
}

describe('normalizeLayer', () => {
  it.each([[[6, 5]], [[3, 4, 5]]])('gives the values and all three gradients of the definition for %j', (shape) => {
    const x = tf.add(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', 1), 2), 3);
    const scale = tf.randomNormal([5], 1, 0.5, 'float32', 2);
    const shift = tf.randomNormal([5], 0, 1, 'float32', 3);
    const dy = tf.randomNormal(shape, 0, 1, 'float32', 4);
    const ours = tf.grads((a, b, c) => normalizeLayer(a!, b!, c!, 0.01))([x, scale, shift], dy);
    const theirs = tf.grads((a, b, c) => byDefinition(a!, b!, c!, 0.01))([x, scale, shift], dy);
    const pairs: (readonly [tf.Tensor, tf.Tensor])[] = ours.map((gradient, i) => [gradient, theirs[i]!]);
    pairs.push([normalizeLayer(x, scale, shift, 0.01), byDefinition(x, scale, shift, 0.01)]);
    for (const [actual, expected] of pairs) {
      expect(actual.shape).toEqual(expected.shape);
      expect(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]).toBeLessThan(1e-4);
    }
  });
});
