/**
 * Rotary positions (Su et al. 2021, arXiv:2104.09864, equation 34): each pair of a query's or key's values is turned by an
 * angle that is the token's position times the pair's frequency, so that their product depends on the distance alone. A pair
 * is value i and value i + w/2 of the w values of a head, as in Hugging Face's checkpoints.
 */
import { tf } from '@attune/core';

/** Cosines and sines of the angles, [T, w/2] each. */
export interface Rotation {
  readonly cosines: tf.Tensor2D;
  readonly sines: tf.Tensor2D;
}

/** Of the positions 0 to `length` - 1, for heads of `width` values. */
export function rotations(length: number, width: number, base: number): Rotation {
  const half = width / 2;
  const angles = Float64Array.from(
    { length: length * half },
    (_, i) => Math.floor(i / half) * base ** (-(i % half) / half),
  );
  const table = (turn: (angle: number) => number) => tf.tensor2d(Float32Array.from(angles, turn), [length, half]);
  return { cosines: table(Math.cos), sines: table(Math.sin) };
}

/** Turns x [N, heads, T, w] by the rotation of its T positions. */
export function rotate(x: tf.Tensor4D, { cosines, sines }: Rotation): tf.Tensor4D {
  const [texts, heads, tokens, width] = x.shape;
  const part = (from: number) => tf.slice(x, [0, 0, 0, from], [texts, heads, tokens, width / 2]);
  const [a, b] = [part(0), part(width / 2)];
  return tf.concat(
    [tf.sub(tf.mul(a, cosines), tf.mul(b, sines)), tf.add(tf.mul(b, cosines), tf.mul(a, sines))] as tf.Tensor4D[],
    3,
  );
}
