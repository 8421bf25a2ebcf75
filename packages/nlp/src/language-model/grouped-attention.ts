/**
 * Attention in which several heads of queries share one of keys and values (Ainslie et al. 2023, arXiv:2305.13245); with as
 * many of either it is multi-head attention.
 */
import { tf } from '@attune/core';
import { drop } from '../encoders/attention.ts';

export interface GroupedAttentionInputs {
  /** [N, heads, Q, w] */
  readonly queries: tf.Tensor4D;
  /** [N, keyHeads, K, w] */
  readonly keys: tf.Tensor4D;
  readonly values: tf.Tensor4D;
  /** Added to the scores: 0 where a query may look at a key, a large negative number where not, [Q, K]. */
  readonly maskedScores: tf.Tensor;
  /** Share of the weights that are dropped now. */
  readonly dropout: number;
}

/** softmax(Q K' / sqrt(w) + mask) V of each head: [N, heads, Q, w]. */
export function groupedAttention({
  queries,
  keys,
  values,
  maskedScores,
  dropout,
}: GroupedAttentionInputs): tf.Tensor4D {
  const [texts, heads, length, width] = queries.shape;
  const [, keyHeads, keyCount] = keys.shape;
  // The heads of a group are further rows of one product, so that keys and values need not be repeated.
  const group = heads / keyHeads;
  const rows: tf.Tensor4D = tf.reshape(tf.mul(queries, 1 / Math.sqrt(width)), [texts, keyHeads, group * length, width]);
  const scores = tf.reshape(tf.matMul(rows, keys, false, true), [texts * keyHeads, group, length, keyCount]);
  const weights = drop(tf.softmax(tf.add(scores, maskedScores)), dropout);
  const attended = tf.matMul(tf.reshape(weights, [texts, keyHeads, group * length, keyCount]) as tf.Tensor4D, values);
  return tf.reshape(attended, [texts, heads, length, width]);
}

/** Below any score that a network gives: exp of it is 0. */
const MASKED = -1e9;

/** What is added to the scores so that each token looks at itself and those before it, [T, T]. */
export function causalMask(length: number): tf.Tensor2D {
  const values = new Float32Array(length * length);
  for (let query = 0; query < length; query++) values.fill(MASKED, query * length + query + 1, (query + 1) * length);
  return tf.tensor2d(values, [length, length]);
}

/** The same for one query: the keys up to `position`, a scalar, of `length`, [1, length]. */
export function maskAfter(position: tf.Scalar, length: number): tf.Tensor {
  const later = tf.greater(tf.range(0, length, 1, 'int32'), position);
  return tf.reshape(tf.mul(tf.cast(later, 'float32'), MASKED), [1, length]);
}
