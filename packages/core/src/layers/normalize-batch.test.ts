import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensorflow.ts';
import { normalizeBatch } from './normalize-batch.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The definition, differentiated operation by operation. */
function byDefinition(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, epsilon: number): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), scale), shift);
}

describe('normalizeBatch', () => {
  const x = tf.add(tf.mul(tf.randomNormal([3, 4, 2, 5], 0, 1, 'float32', 1), 2), 3);
  const scale = tf.randomNormal([5], 1, 0.5, 'float32', 2);
  const shift = tf.randomNormal([5], 0, 1, 'float32', 3);
  const dy = tf.randomNormal([3, 4, 2, 5], 0, 1, 'float32', 4);

  it('gives the values and all three gradients of the definition', () => {
    const ours = tf.grads((a, b, c) => normalizeBatch(a!, b!, c!, { epsilon: 0.01 }))([x, scale, shift], dy);
    const theirs = tf.grads((a, b, c) => byDefinition(a!, b!, c!, 0.01))([x, scale, shift], dy);
    const pairs = ours.map((gradient, i) => [gradient, theirs[i]!] as const);
    for (const [actual, expected] of [
      [normalizeBatch(x, scale, shift, { epsilon: 0.01 }), byDefinition(x, scale, shift, 0.01)] as const,
      ...pairs,
    ]) {
      expect(actual.shape).toEqual(expected.shape);
      expect(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]).toBeLessThan(1e-4);
    }
  });

  it('hands out the moments of the batch', () => {
    let seen: Float32Array[] = [];
    normalizeBatch(x, scale, shift, {
      onMoments: (mean, variance) => (seen = [mean, variance].map((t) => t.dataSync().slice() as Float32Array)),
    });
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    for (const [i, expected] of [mean, variance].entries()) {
      for (const [j, value] of expected.dataSync().entries()) expect(seen[i]![j]).toBeCloseTo(value, 5);
    }
  });
});
