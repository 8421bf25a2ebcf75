/** Training settings that follow from a plan, as starting points that hold up on sets of some hundred images. */
import type { TransferPlan } from '@attune/core';
import type { Augmentation } from './augment/augmentation.ts';
import { DEFAULT_AUGMENTATION, MIRROR_ONLY } from './augment/augmentation.ts';
import type { VisionSettings } from './run-record.ts';

/** Small pictures are kept whole: of 32 px a crop of a third leaves little. */
const SMALL_SIZE = 64;
const SMALL_AUGMENTATION: Augmentation = { ...DEFAULT_AUGMENTATION, crop: { scale: [0.7, 1], ratio: [4 / 5, 5 / 4] } };

/**
 * A head alone is a convex problem on features that cost next to nothing: plain gradient descent with a strong decay, which
 * a set of some hundred images needs, to its end. A validation split of a few dozen images would only stop it too early. What was carried over and is to move
 * takes a low rate, so that it is not forgotten in the first steps; what starts from nothing takes a high one and more
 * epochs. Small sets take more epochs than large ones, as it is updates that count.
 * @param size Side of the input, pixels.
 * @param examples Number of training images.
 */
export function defaultSettings(plan: TransferPlan, size: number, examples: number): VisionSettings {
  const common = { batchSize: 32, labelSmoothing: 0, patience: null, warmUp: 0, size } as const;
  if (plan.moved.groups.what === 'head')
    return {
      ...common,
      optimizer: 'sgd',
      epochs: 100,
      learningRate: 0.003,
      weightDecay: 3,
      monitor: null,
      augmentation: MIRROR_ONLY,
    };
  const moving = { ...common, optimizer: 'adamw', weightDecay: 0.01, monitor: 'validation/accuracy' } as const;
  const augmentation = size <= SMALL_SIZE ? SMALL_AUGMENTATION : DEFAULT_AUGMENTATION;
  const batches = Math.ceil(examples / common.batchSize);
  const epochsFor = (updates: number, least: number, most: number) =>
    Math.min(Math.max(Math.ceil(updates / batches), least), most);
  if (plan.carried.what === 'nothing')
    return { ...moving, epochs: epochsFor(600, 30, 120), learningRate: 1e-3, augmentation };
  return { ...moving, epochs: epochsFor(200, 15, 60), learningRate: 5e-4, augmentation };
}
