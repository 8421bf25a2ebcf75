/**
 * The Gaussian error linear unit x P(X <= x), X standard normal (Hendrycks and Gimpel 2016, arXiv:1606.08415), with its
 * gradient P(X <= x) + x p(x) written out, which takes fewer passes over the data than that of every single operation.
 */
import { tf } from '../tensorflow.ts';

/** The exact form, by the error function. */
export function gelu(x: tf.Tensor): tf.Tensor {
  const activate = tf.customGrad((...inputs) => {
    const [input, save] = inputs as unknown as [tf.Tensor, (kept: tf.Tensor[]) => void];
    const below = tf.add(tf.mul(tf.erf(tf.mul(input, Math.SQRT1_2)), 0.5), 0.5);
    save([input, below]);
    return {
      value: tf.mul(input, below),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [value, share] = saved as [tf.Tensor, tf.Tensor];
        const density = tf.mul(tf.exp(tf.mul(tf.square(value), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return [tf.mul(dy, tf.add(share, tf.mul(value, density)))];
      },
    };
  });
  return activate(x);
}

/** The form by a hyperbolic tangent, which some networks were trained with (the paper's approximation). */
export function geluTanh(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}
