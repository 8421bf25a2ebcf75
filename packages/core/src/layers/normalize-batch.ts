/**
 * Batch normalisation in training mode (Ioffe and Szegedy, arXiv:1502.03167) with its gradient written out, which takes a
 * third of the passes over the data that the derivative of every single operation would.
 *
 * With n values a channel, s = 1 / sqrt(variance + eps) and x^ = (x - mean) s:
 *
 *   dshift = sum dy,   dscale = sum dy x^,   dx = scale s (dy - dshift / n - x^ dscale / n)
 *
 * and dx is written as a dy + b x + c with one number of each a channel.
 */
import { tf } from '../tensorflow.ts';

export interface NormalizeBatchOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Called with the batch's mean and variance (divided by n) [channels], to follow them; no gradient flows into them. */
  readonly onMoments?: (mean: tf.Tensor1D, variance: tf.Tensor1D) => void;
}

/**
 * Normalises each channel of x [..., channels] by the mean and variance of the batch, then scales and shifts it.
 * `scale` and `shift` are [channels].
 */
export function normalizeBatch(
  x: tf.Tensor,
  scale: tf.Tensor,
  shift: tf.Tensor,
  options: NormalizeBatchOptions = {},
): tf.Tensor {
  const { epsilon = 1e-5, onMoments } = options;
  const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const count = x.size / x.shape[x.rank - 1]!;
  const normalize = tf.customGrad((...inputs) => {
    const [input, factor, offset, save] = inputs as unknown as [
      tf.Tensor,
      tf.Tensor1D,
      tf.Tensor1D,
      (kept: tf.Tensor[]) => void,
    ];
    const mean = tf.mean(input, axes) as tf.Tensor1D;
    const variance = tf.mean(tf.square(tf.sub(input, mean)), axes) as tf.Tensor1D;
    onMoments?.(mean, variance);
    const value = tf.batchNorm(input as tf.Tensor4D, mean, variance, offset, factor, epsilon);
    save([input, factor, mean, tf.rsqrt(tf.add(variance, epsilon))]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [data, weight, center, inverse] = saved as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
        const dShift = tf.sum(dy, axes);
        const dScale = tf.mul(tf.sub(tf.sum(tf.mul(dy, data), axes), tf.mul(center, dShift)), inverse);
        const a = tf.mul(weight, inverse);
        const b = tf.mul(tf.mul(a, inverse), tf.mul(dScale, -1 / count));
        const c = tf.sub(tf.mul(tf.mul(a, dShift), -1 / count), tf.mul(b, center));
        const dx = tf.add(tf.mul(dy, a), tf.add(tf.mul(data, b), c));
        return [dx, dScale, dShift];
      },
    };
  });
  return normalize(x, scale, shift);
}
