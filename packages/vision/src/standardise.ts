/**
 * Linear probes on standardised features. Features of a trunk differ in scale by orders of magnitude, and weight decay is
 * only fair where they do not. So the head is trained on (x - mean) / deviation and afterwards rewritten for x itself:
 * what comes out is an ordinary head of an ordinary network.
 */
import type { Network } from '@attune/core';
import { tf } from '@attune/core';
import type { Features } from './compute-features.ts';

/** Per feature. */
export interface FeatureScale {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** Mean and standard deviation of each feature; features that do not vary have a deviation of 1. */
export function measureScale({ values, size, labels }: Features): FeatureScale {
  const count = labels.length;
  const mean = new Float64Array(size);
  const square = new Float64Array(size);
  for (let row = 0; row < count; row++) for (let i = 0; i < size; i++) mean[i]! += values[row * size + i]! / count;
  for (let row = 0; row < count; row++)
    for (let i = 0; i < size; i++) square[i]! += (values[row * size + i]! - mean[i]!) ** 2 / count;
  const largest = Math.sqrt(square.reduce((most, value) => Math.max(most, value), 0));
  // A feature that hardly ever answers would be blown up to the size of the others where it once does.
  const floor = 1e-3 * largest;
  const deviation = Float32Array.from(square, (value) => Math.max(Math.sqrt(value), floor) || 1);
  return { mean: Float32Array.from(mean), deviation };
}

export function standardise(features: Features, { mean, deviation }: FeatureScale): Features {
  const { values, size } = features;
  const standard = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += size)
    for (let i = 0; i < size; i++) standard[row + i] = (values[row + i]! - mean[i]!) / deviation[i]!;
  return { ...features, values: standard };
}

/** Rewrites a linear head that was trained on standardised features for the features themselves, in place. */
export function unstandardiseHead(network: Network, { mean, deviation }: FeatureScale): void {
  const { weight, bias } = linearHeadOf(network);
  tf.tidy(() => {
    const scaled = tf.div(weight, tf.tensor2d(deviation, [deviation.length, 1]));
    bias.assign(tf.sub(bias, tf.reshape(tf.matMul(tf.tensor2d(mean, [1, mean.length]), scaled as tf.Tensor2D), [-1])));
    weight.assign(scaled);
  });
}

/** Root mean square of features that a new head, drawn for inputs around 1, still begins well on. */
const TOO_LARGE = 4;

/**
 * Scales a new linear head down, in place, where the features are far larger than it was drawn for, so that training
 * begins from even odds, not from a loss of 10 whose gradients spoil the trunk: the features of a network without
 * normalisation are about 20 in size. After Kraehenbuehl et al. 2016, arXiv:1511.06856 (initialisation from data).
 * @param features Of some training images.
 */
export function calmNewHead(network: Network, { values }: Features): void {
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  if (size <= TOO_LARGE) return;
  const { weight } = linearHeadOf(network);
  tf.tidy(() => weight.assign(tf.div(weight, size)));
}

/** Whether the network's head is one that can be rewritten so. */
export function hasLinearHead(network: Network): boolean {
  return network.parameters.get('head.weight')?.variable.rank === 2 && network.parameters.has('head.bias');
}

function linearHeadOf(network: Network): { weight: tf.Variable; bias: tf.Variable } {
  return {
    weight: network.parameters.get('head.weight')!.variable,
    bias: network.parameters.get('head.bias')!.variable,
  };
}
