/** Multi-head self-attention over texts of several lengths (Vaswani et al. 2017, arXiv:1706.03762, section 3.2). */
import { tf } from '@attune/core';

export interface AttentionInputs {
  /** Rows of all tokens, [N T, size] each. */
  readonly queries: tf.Tensor;
  readonly keys: tf.Tensor;
  readonly values: tf.Tensor;
  /** 0 for tokens, a large negative number for padding, [N, 1, 1, T]: added to the scores. */
  readonly maskedScores: tf.Tensor;
  readonly texts: number;
  readonly tokens: number;
  readonly heads: number;
  /** Share of the weights that are dropped now. */
  readonly dropout: number;
}

/** softmax(Q K' / sqrt(d) + mask) V of each head, side by side again: [N T, size]. */
export function attention({ queries, keys, values, maskedScores, ...sizes }: AttentionInputs): tf.Tensor {
  const { texts, tokens, heads, dropout } = sizes;
  const size = queries.shape[1]!;
  const width = size / heads;
  const byHead = (rows: tf.Tensor) =>
    tf.transpose(tf.reshape(rows, [texts, tokens, heads, width]), [0, 2, 1, 3]) as tf.Tensor4D;
  // The smaller of the two tensors is scaled.
  const scores = tf.matMul(byHead(tf.mul(queries, 1 / Math.sqrt(width))), byHead(keys), false, true);
  const weights = drop(tf.softmax(tf.add(scores, maskedScores)), dropout);
  const attended = tf.matMul(weights as tf.Tensor4D, byHead(values));
  return tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [texts * tokens, size]);
}

/** Below any score that a network gives: exp of it is 0. */
const MASKED = -1e9;

/** What is added to the scores: of a mask [N, T] of 1 for tokens and 0 for padding, [N, 1, 1, T]. */
export function maskScores(mask: tf.Tensor2D): tf.Tensor {
  const [texts, tokens] = mask.shape;
  return tf.reshape(tf.mul(tf.sub(1, mask), MASKED), [texts, 1, 1, tokens]);
}

export function drop(x: tf.Tensor, rate: number): tf.Tensor {
  return rate === 0 ? x : tf.dropout(x, rate);
}
