/** The head of text networks: dropout, a matrix and a bias, on a vector for each example. */
import { tf } from '@attune/core';
import type { Head, Initialiser } from '@attune/zoo';
import { meanOfWords, realWords } from './real-words.ts';

/**
 * Parameters `head.weight` [channels, classes] and `head.bias` [classes]. On a map with vectors of words, as below the
 * layer that makes one of them, it stands on their mean.
 * @param dropout Share of the features that training drops.
 */
export function textHead(init: Initialiser, channels: number, classes: number, dropout: number): Head {
  const weight = init.parameter('head.weight', 'weight', [channels, classes], 'glorot');
  const bias = init.parameter('head.bias', 'bias', [classes], 'zeros');
  return {
    parameters: [weight, bias],
    classes,
    featureSize: channels,
    features: (map, _training, inputs) => (map.rank === 2 ? (map as tf.Tensor2D) : meanOfWords(map, realWords(inputs))),
    logits(features, training) {
      const kept = training && dropout > 0 ? (tf.dropout(features, dropout) as tf.Tensor2D) : features;
      return tf.add(tf.matMul(kept, weight.variable as tf.Variable<tf.Rank.R2>), bias.variable as tf.Tensor2D);
    },
  };
}
