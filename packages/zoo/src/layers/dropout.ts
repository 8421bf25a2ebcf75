/** Dropout inside a trunk: zeroes a share of the values in training and scales up the rest; elsewhere does nothing. */
import { tf } from '@attune/core';
import type { Layer } from './layer.ts';
import { pure } from './layer.ts';

export function dropout(rate: number): Layer {
  return pure((x, training) => (training ? (tf.dropout(x, rate) as tf.Tensor4D) : x));
}
