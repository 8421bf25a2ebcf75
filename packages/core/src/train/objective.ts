/**
 * What is minimised, by name: `softmax` cross-entropy where an example has one class, `sigmoid` (binary) cross-entropy of
 * every label by itself where it may have several, or `next-token`, softmax cross-entropy at every place of a sequence.
 */
import { binaryCrossEntropies, type CrossEntropy, crossEntropies, tokenCrossEntropies } from '../losses.ts';
import { tf } from '../tensorflow.ts';
import type { Batch } from './data.ts';

export type LossName = 'softmax' | 'sigmoid' | 'next-token';

/** A batch has rows: what the network's outputs are of, one for each example, or for each place of each sequence. */
export interface Objective {
  /** Loss of each row in nats, [rows]. */
  losses(outputs: CrossEntropy): tf.Tensor1D;
  /** What metrics need: the likeliest class, [rows], int32; for sigmoid the log-odds of each label, [N, classes]. */
  predictions(logits: tf.Tensor2D): tf.Tensor;
  /** The rows that count: all, but for places of sequences that have no token to be named. */
  rows(batch: Batch): Iterable<number>;
  /** Whether a row is predicted right: its class or token; or every one of its labels, and no other. */
  isRight(predictions: ArrayLike<number>, batch: Batch, row: number): boolean;
}

export const OBJECTIVES: Readonly<Record<LossName, Objective>> = {
  softmax: {
    losses: crossEntropies,
    predictions: (logits) => tf.argMax(logits, 1),
    rows: ({ labels }) => labels.keys(),
    isRight: (predictions, { labels }, i) => predictions[i] === labels[i],
  },
  sigmoid: {
    losses: binaryCrossEntropies,
    predictions: (logits) => tf.clone(logits),
    rows: ({ labels }) => labels.keys(),
    isRight: (logits, { labels, targets }, i) => {
      const classes = targets!.length / labels.length;
      for (let k = i * classes; k < (i + 1) * classes; k++) if (logits[k]! > 0 !== targets![k]! > 0.5) return false;
      return true;
    },
  },
  'next-token': {
    losses: tokenCrossEntropies,
    predictions: (logits) => tf.argMax(logits, 1),
    *rows({ tokens }) {
      for (const [row, token] of tokens!.entries()) if (token >= 0) yield row;
    },
    isRight: (predictions, { tokens }, row) => predictions[row] === tokens![row],
  },
};
