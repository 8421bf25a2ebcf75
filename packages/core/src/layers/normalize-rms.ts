/**
 * Root mean square normalisation (Zhang and Sennrich 2019, arXiv:1910.07467) with its gradient written out, which takes fewer
 * passes over the data than the derivative of every single operation would.
 *
 * With s = 1 / sqrt(mean(x^2) + eps), x^ = x s and g = scale dy, means over the last axis:
 *
 *   dscale = sum dy x^,   dx = s (g - x^ mean(g x^))
 */
import { tf } from '../tensorflow.ts';

/**
 * Divides each row of x [..., size] by its root mean square, then scales it.
 * @param scale [size]
 * @param epsilon Added to the mean square.
 */
export function normalizeRms(x: tf.Tensor, scale: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  const normalize = tf.customGrad((...inputs) => {
    const [input, factor, save] = inputs as unknown as [tf.Tensor, tf.Tensor1D, (kept: tf.Tensor[]) => void];
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), epsilon));
    const normal = tf.mul(input, inverse);
    save([normal, inverse, factor]);
    return {
      value: tf.mul(normal, factor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [unit, deviation, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor1D];
        const rows = Array.from({ length: dy.rank - 1 }, (_, axis) => axis);
        const g = tf.mul(dy, weight);
        const along = tf.mul(unit, tf.mean(tf.mul(g, unit), -1, true));
        return [tf.mul(tf.sub(g, along), deviation), tf.sum(tf.mul(dy, unit), rows)];
      },
    };
  });
  return normalize(x, scale);
}
