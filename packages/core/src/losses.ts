/** Losses. Each takes one record and is made of differentiable TensorFlow.js operations. */
import { tf } from './tensorflow.ts';

export interface CrossEntropy {
  /** Unnormalised log-probabilities, [N, classes]. */
  readonly logits: tf.Tensor2D;
  /** A distribution over the classes for each example, [N, classes]; one-hot for a plain label. */
  readonly targets: tf.Tensor2D;
  /** Share of each target that is spread evenly over all classes, in [0, 1). Default 0. (Szegedy et al. 2016.) */
  readonly labelSmoothing?: number;
}

/** Softmax cross-entropy of each example in nats, [N]. */
export function crossEntropies({ logits, targets, labelSmoothing = 0 }: CrossEntropy): tf.Tensor1D {
  const classes = logits.shape[1];
  const smoothed =
    labelSmoothing === 0 ? targets : tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / classes);
  return tf.neg(tf.sum(tf.mul(smoothed, tf.logSoftmax(logits)), 1));
}

/**
 * Softmax cross-entropy at each place of sequences, in nats, [N T], sequence after sequence. `targets` are the tokens' numbers
 * [N, T], int32, and `logits` [N T, classes]: all else is as for `crossEntropies`.
 */
export function tokenCrossEntropies({ logits, targets, ...loss }: CrossEntropy): tf.Tensor1D {
  const tokens = tf.reshape(targets, [logits.shape[0]]) as tf.Tensor1D;
  const oneHot = tf.oneHot(tokens, logits.shape[1], 1, 0, 'float32') as tf.Tensor2D;
  return crossEntropies({ logits, targets: oneHot, ...loss });
}

/**
 * KL(source || target) of two sets of logits [..., classes], both soft-maxed at a temperature above 0, in nats, times
 * temperature^2: so gradients keep their size when it changes (Hinton et al. 2015, arXiv:1503.02531, section 2.1). [...]
 */
export function outputDivergences(source: tf.Tensor, target: tf.Tensor, temperature = 1): tf.Tensor {
  const [p, q] = [source, target].map((logits) => tf.logSoftmax(tf.div(logits, temperature)));
  const divergences = tf.sum(tf.mul(tf.exp(p!), tf.sub(p!, q!)), -1);
  return tf.mul(divergences, temperature ** 2);
}

export interface BinaryCrossEntropy {
  /** Log-odds of each label, [N, labels]. */
  readonly logits: tf.Tensor2D;
  /** Whether each example has each label: 1 or 0, or a probability, [N, labels]. */
  readonly targets: tf.Tensor2D;
  /** Share of each target that is moved to 1/2, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Sigmoid cross-entropy of each example in nats, [N]: the mean over its labels of softplus(z) - t z. In this form nothing
 * overflows, and the gradient is sigmoid(z) - t everywhere, at z = 0 too.
 */
export function binaryCrossEntropies({ logits, targets, labelSmoothing = 0 }: BinaryCrossEntropy): tf.Tensor1D {
  const smoothed = labelSmoothing === 0 ? targets : tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / 2);
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(smoothed, logits)), 1);
}

/** Mean of `values` [N] weighted by `weights` [N]: examples of weight 0 (padding) do not count. At least one weight is not 0. */
export function weightedMean(values: tf.Tensor1D, weights: tf.Tensor1D): tf.Scalar {
  return tf.div(tf.sum(tf.mul(values, weights)), tf.sum(weights));
}

/** Mean softmax cross-entropy in nats; `weights` [N] as for `weightedMean`, default all equal. */
export function softmaxCrossEntropy({
  weights,
  ...loss
}: CrossEntropy & { readonly weights?: tf.Tensor1D }): tf.Scalar {
  const values = crossEntropies(loss);
  return weights === undefined ? tf.mean(values) : weightedMean(values, weights);
}
