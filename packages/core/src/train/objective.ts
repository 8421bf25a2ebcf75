/**
 * What is minimised, by name: `softmax` cross-entropy where an example has one class, or `sigmoid` (binary) cross-entropy of
 * every label by itself where it may have several.
 */
import { binaryCrossEntropies, type CrossEntropy, crossEntropies } from '../losses.ts';
import { tf } from '../tensorflow.ts';
import type { Batch } from './data.ts';

export type LossName = 'softmax' | 'sigmoid';

export interface Objective {
  /** Loss of each example in nats, [N]. */
  losses(outputs: CrossEntropy): tf.Tensor1D;
  /** What metrics need: for softmax the likeliest class, [N], int32; for sigmoid the log-odds of each label, [N, classes]. */
  predictions(logits: tf.Tensor2D): tf.Tensor;
  /** Whether example `i` is predicted right: its class; or every one of its labels, and no other. */
  isRight(predictions: ArrayLike<number>, batch: Batch, i: number): boolean;
}

export const OBJECTIVES: Readonly<Record<LossName, Objective>> = {
  softmax: {
    losses: crossEntropies,
    predictions: (logits) => tf.argMax(logits, 1),
    isRight: (predictions, { labels }, i) => predictions[i] === labels[i],
  },
  sigmoid: {
    losses: binaryCrossEntropies,
    predictions: (logits) => tf.clone(logits),
    isRight: (logits, { labels, targets }, i) => {
      const classes = targets!.length / labels.length;
      for (let k = i * classes; k < (i + 1) * classes; k++) if (logits[k]! > 0 !== targets![k]! > 0.5) return false;
      return true;
    },
  },
};
