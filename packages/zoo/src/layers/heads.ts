/** Heads: how a trunk's last map becomes features, and features logits. */
import type { Parameter } from '@attune/core';
import { tf } from '@attune/core';
import type { Initialiser } from './initialiser.ts';
import { globalAverage } from './pooling.ts';

export interface Head {
  readonly parameters: readonly Parameter[];
  readonly classes: number;
  /** Length of the vector that `features` gives for the network's input size. */
  readonly featureSize: number;
  /** The trunk's last map, of images [N, H, W, C], as vectors [N, featureSize]. The rest is as in `TrunkLayer.apply`. */
  features(map: tf.Tensor, training: boolean, inputs: tf.Tensor | undefined): tf.Tensor2D;
  /** Logits [N, classes]. */
  logits(features: tf.Tensor2D, training: boolean): tf.Tensor2D;
}

/** Global average, then a matrix and a bias; parameters `head.weight` [channels, classes] and `head.bias` [classes]. */
export function linearHead(init: Initialiser, channels: number, classes: number): Head {
  const weight = init.parameter('head.weight', 'weight', [channels, classes], 'glorot');
  const bias = init.parameter('head.bias', 'bias', [classes], 'zeros');
  return {
    parameters: [weight, bias],
    classes,
    featureSize: channels,
    features: globalAverage,
    logits: (features) =>
      tf.add(tf.matMul(features, weight.variable as tf.Variable<tf.Rank.R2>), bias.variable as tf.Tensor2D),
  };
}

/**
 * SqueezeNet's own head, section 3.1 of its paper as released: a 1 x 1 convolution with a padding of 1, ReLU, then the
 * global average. The ReLU stands before the average, so features are the whole map [N, side * side * channels], and
 * scores are never negative: right for the network as published, and a poor start for a new task.
 * Parameters `head.weight` [1, 1, channels, classes] and `head.bias` [classes].
 * @param side Rows, and columns, of the map at the network's input size. Other square maps work too.
 */
export function averagedConvolutionHead(init: Initialiser, channels: number, classes: number, side: number): Head {
  const weight = init.parameter('head.weight', 'weight', [1, 1, channels, classes], 'he');
  const bias = init.parameter('head.bias', 'bias', [classes], 'zeros');
  return {
    parameters: [weight, bias],
    classes,
    featureSize: side * side * channels,
    features: (map) => tf.reshape(map, [map.shape[0]!, -1]),
    logits: (features) => {
      const rows = Math.round(Math.sqrt(features.shape[1] / channels));
      const map: tf.Tensor4D = tf.reshape(features, [features.shape[0], rows, rows, channels]);
      const scores: tf.Tensor4D = tf.add(
        tf.conv2d(map, weight.variable as tf.Variable<tf.Rank.R4>, 1, 1),
        bias.variable,
      );
      return globalAverage(tf.relu(scores));
    },
  };
}
