/**
 * Batch normalisation (Ioffe and Szegedy, arXiv:1502.03167), with the behaviour that transfer needs: a normalisation
 * whose scale or statistics are frozen uses its moving statistics and leaves them alone, whatever the mode. Statistics
 * that go on moving in a "frozen" trunk are the oldest trap of fine-tuning.
 */
import { normalizeBatch, tf } from '@attune/core';
import type { Initialiser } from './initialiser.ts';
import type { Layer } from './layer.ts';

/**
 * Share of the moving statistics that a step keeps. One value for all networks: the 0.999 of some original recipes
 * needs thousands of steps to follow, more than a fine-tuning run on a small set has.
 */
export const KEPT_SHARE = 0.9;

/**
 * Normalises over batch, rows and columns. Parameters: `name.weight` (scale), `name.bias` (shift), `name.running_mean`
 * and `name.running_var`, each [channels].
 */
export function batchNorm(init: Initialiser, name: string, channels: number, epsilon: number): Layer {
  const scale = init.parameter(`${name}.weight`, 'norm', [channels], 'ones');
  const shift = init.parameter(`${name}.bias`, 'norm', [channels], 'zeros');
  const movingMean = init.parameter(`${name}.running_mean`, 'statistic', [channels], 'zeros');
  const movingVariance = init.parameter(`${name}.running_var`, 'statistic', [channels], 'ones');

  const inference = (x: tf.Tensor4D): tf.Tensor4D =>
    tf.batchNorm(
      x,
      movingMean.variable as tf.Variable<tf.Rank.R1>,
      movingVariance.variable as tf.Variable<tf.Rank.R1>,
      shift.variable as tf.Variable<tf.Rank.R1>,
      scale.variable as tf.Variable<tf.Rank.R1>,
      epsilon,
    ) as tf.Tensor4D;

  const training = (x: tf.Tensor4D): tf.Tensor4D => {
    const count = x.shape[0] * x.shape[1] * x.shape[2];
    const onMoments = (mean: tf.Tensor1D, variance: tf.Tensor1D) => {
      follow(movingMean.variable, mean);
      // The batch's variance is divided by n; the moving one estimates the population's, divided by n - 1.
      follow(movingVariance.variable, tf.mul(variance, count / Math.max(count - 1, 1)));
    };
    return normalizeBatch(x, scale.variable, shift.variable, { epsilon, onMoments }) as tf.Tensor4D;
  };

  const follows = () => scale.variable.trainable && movingMean.variable.trainable;

  return {
    parameters: [scale, shift, movingMean, movingVariance],
    apply: (x, isTraining) => (isTraining && follows() ? training(x) : inference(x)),
  };
}

function follow(moving: tf.Variable, batch: tf.Tensor): void {
  moving.assign(tf.add(tf.mul(moving, KEPT_SHARE), tf.mul(batch, 1 - KEPT_SHARE)));
}
