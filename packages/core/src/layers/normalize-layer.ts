/**
 * Layer normalisation (Ba et al. 2016, arXiv:1607.06450) with its gradient written out, which takes fewer passes over the
 * data than the derivative of every single operation would.
 *
 * With s = 1 / sqrt(variance + eps), x^ = (x - mean) s and g = scale dy, means over the last axis:
 *
 *   dshift = sum dy,   dscale = sum dy x^,   dx = s (g - mean(g) - x^ mean(g x^))
 */
import { tf } from '../tensorflow.ts';

/**
 * Normalises each row of x [..., size] by its own mean and variance, then scales and shifts it.
 * @param scale [size]
 * @param shift [size]
 * @param epsilon Added to the variance.
 */
export function normalizeLayer(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  const normalize = tf.customGrad((...inputs) => {
    const [input, factor, offset, save] = inputs as unknown as [
      tf.Tensor,
      tf.Tensor1D,
      tf.Tensor1D,
      (kept: tf.Tensor[]) => void,
    ];
    const centered = tf.sub(input, tf.mean(input, -1, true));
    const variance = tf.mean(tf.square(centered), -1, true);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normal = tf.mul(centered, inverse);
    save([normal, inverse, factor]);
    return {
      value: tf.add(tf.mul(normal, factor), offset),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [unit, deviation, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor1D];
        const rows = Array.from({ length: dy.rank - 1 }, (_, axis) => axis);
        const g = tf.mul(dy, weight);
        const along = tf.mul(unit, tf.mean(tf.mul(g, unit), -1, true));
        const dx = tf.mul(tf.sub(tf.sub(g, tf.mean(g, -1, true)), along), deviation);
        return [dx, tf.sum(tf.mul(dy, unit), rows), tf.sum(dy, rows)];
      },
    };
  });
  return normalize(x, scale, shift);
}
