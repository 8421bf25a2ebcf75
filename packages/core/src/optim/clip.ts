/** Gradient clipping by global norm. Pascanu et al. 2013, arXiv:1211.5063. */
import { tf } from '../tensorflow.ts';
import type { Gradients } from './optimizer.ts';

/**
 * Scales all gradients by one factor, so that their joint Euclidean norm is at most `maxNorm` (> 0). Smaller ones stay.
 * @returns The clipped gradients, and the norm before clipping (a scalar).
 */
export function clipByGlobalNorm(
  gradients: Gradients,
  maxNorm: number,
): { gradients: Map<string, tf.Tensor>; norm: tf.Scalar } {
  if (!(maxNorm > 0)) throw new RangeError(`maxNorm is ${maxNorm}, and must be above 0`);
  const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(squares.length === 0 ? tf.scalar(0) : tf.addN(squares)) as tf.Scalar;
  const scale = tf.div(maxNorm, tf.maximum(norm, maxNorm));
  const clipped = new Map<string, tf.Tensor>();
  for (const [name, gradient] of gradients) clipped.set(name, tf.mul(gradient, scale));
  return { gradients: clipped, norm };
}
