/** Training settings that follow from a plan, as starting points that hold up on sets of some hundred images. */
import type { Network, TransferPlan } from '@attune/core';
import type { Augmentation } from './augment/augmentation.ts';
import { DEFAULT_AUGMENTATION, MIRROR_ONLY } from './augment/augmentation.ts';
import type { VisionSettings } from './run-record.ts';

/** Small pictures are kept whole: of 32 px a crop of a third leaves little. */
const SMALL_SIZE = 64;
const SMALL_AUGMENTATION: Augmentation = { ...DEFAULT_AUGMENTATION, crop: { scale: [0.7, 1], ratio: [4 / 5, 5 / 4] } };

/** How a head alone is trained. */
export const PROBE = { optimizer: 'sgd', epochs: 100, learningRate: 0.003, weightDecay: 3 } as const;

export interface TrainingTask {
  readonly plan: TransferPlan;
  readonly network: Pick<Network, 'parameters'>;
  /** Side of the input, pixels. */
  readonly size: number;
  /** Number of training images. */
  readonly examples: number;
}

/**
 * A head alone is a convex problem on features that cost next to nothing: plain gradient descent to its end, with the decay
 * that cross-validation on training photos found best over two networks and two resolutions. A validation split of a few
 * dozen images would only stop it too early.
 *
 * What was carried over and is to move warms up, so that it is not forgotten in the first steps, and takes a rate by its
 * kind: on 195 photos a network without batch normalisation learned best at 1e-4, the lowest rate tried, and was ruined at
 * 1e-3, the highest, where one with it was best (`bench/records`, studies `defaults-*`; one fold, one seed). What starts from nothing takes more epochs. Small sets take more
 * epochs than large ones, as it is updates that count.
 */
export function defaultSettings({ plan, network, size, examples }: TrainingTask): VisionSettings {
  const common = { batchSize: 32, labelSmoothing: 0, patience: null, size } as const;
  if (plan.moved.groups.what === 'head')
    return {
      ...common,
      ...PROBE,
      warmUp: 0,
      monitor: null,
      augmentation: MIRROR_ONLY,
    };
  const moving = {
    ...common,
    optimizer: 'adamw',
    weightDecay: 0.01,
    monitor: 'validation/accuracy',
    augmentation: size <= SMALL_SIZE ? SMALL_AUGMENTATION : DEFAULT_AUGMENTATION,
  } as const;
  const batches = Math.ceil(examples / common.batchSize);
  const epochsFor = (updates: number, least: number, most: number) =>
    Math.min(Math.max(Math.ceil(updates / batches), least), most);
  if (plan.carried.what === 'nothing')
    return { ...moving, epochs: epochsFor(600, 30, 120), learningRate: 1e-3, warmUp: 0 };
  const normalised = [...network.parameters.values()].some(({ role }) => role === 'statistic');
  return { ...moving, epochs: epochsFor(200, 15, 60), learningRate: normalised ? 1e-3 : 1e-4, warmUp: 0.1 };
}
