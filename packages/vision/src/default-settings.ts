/** Training settings that follow from a plan, as starting points that hold up on sets of some hundred images. */
import type { Network, TransferPlan } from '@attune/core';
import type { Augmentation } from './augment/augmentation.ts';
import { DEFAULT_AUGMENTATION, MIRROR_ONLY } from './augment/augmentation.ts';
import type { LabelKind } from './dataset/labels.ts';
import type { VisionSettings } from './run-record.ts';

/** Small pictures are kept whole: of 32 px a crop of a third leaves little. */
const SMALL_SIZE = 64;
const SMALL_AUGMENTATION: Augmentation = { ...DEFAULT_AUGMENTATION, crop: { scale: [0.7, 1], ratio: [4 / 5, 5 / 4] } };

/**
 * How a head alone is trained on features of `examples` images and their mirror images.
 * @param labels Of images with several labels, how many there are. The loss is then the mean over the labels, whose
 * gradients are so many times smaller: the rate makes up for that, and the decay for the rate.
 */
export function probeSettings(examples: number, labels = 1) {
  const batches = Math.ceil((2 * examples) / BATCH_SIZE);
  // To its end: it is updates that count, and they cost next to nothing.
  const epochs = Math.min(Math.max(Math.ceil(PROBE_UPDATES / batches), 20), PROBE_UPDATES);
  return { optimizer: 'sgd', epochs, learningRate: 0.003 * labels, weightDecay: 3 / labels } as const;
}

const BATCH_SIZE = 32;
const PROBE_UPDATES = 1500;

export interface TrainingTask {
  readonly plan: TransferPlan;
  readonly network: Pick<Network, 'parameters' | 'classes'>;
  /** Side of the input, pixels. */
  readonly size: number;
  /** Number of training images. */
  readonly examples: number;
  /** Whether an image has one class, or any number of labels. Default `single`. */
  readonly labels?: LabelKind;
}

/**
 * A head alone is a convex problem on features that cost next to nothing: plain gradient descent to its end, with the decay
 * that cross-validation on training photos found best over two networks and two resolutions. A validation split of a few
 * dozen images would only stop it too early.
 *
 * What was carried over and is to move warms up, so that it is not forgotten in the first steps, and takes a rate by its
 * kind: on 195 photos a network without batch normalisation learned best at 1e-4, the lowest rate tried, and was ruined at
 * 1e-3, the highest, where one with it was best (`bench/records`, studies `defaults-*`; one fold, one seed). What starts
 * from nothing takes more epochs. Small sets take more epochs than large ones, as it is updates that count.
 */
export function defaultSettings({ plan, network, size, examples, labels = 'single' }: TrainingTask): VisionSettings {
  const common = { batchSize: BATCH_SIZE, labelSmoothing: 0, patience: null, balance: null, size } as const;
  if (plan.moved.groups.what === 'head')
    return {
      ...common,
      ...probeSettings(examples, labels === 'multi' ? network.classes : 1),
      warmUp: 0,
      monitor: null,
      augmentation: MIRROR_ONLY,
    };
  const moving = {
    ...common,
    optimizer: 'adamw',
    weightDecay: 0.01,
    monitor: labels === 'multi' ? 'validation/mean_average_precision' : 'validation/accuracy',
    augmentation: size <= SMALL_SIZE ? SMALL_AUGMENTATION : DEFAULT_AUGMENTATION,
  } as const;
  const batches = Math.ceil(examples / common.batchSize);
  const epochsFor = (updates: number, least: number, most: number) =>
    Math.min(Math.max(Math.ceil(updates / batches), least), most);
  if (plan.carried.what === 'nothing')
    return { ...moving, epochs: epochsFor(600, 30, 120), learningRate: 1e-3, warmUp: 0 };
  return { ...moving, epochs: epochsFor(200, 15, 60), learningRate: rateOf(plan, network), warmUp: 0.1 };
}

/** The rates that the study chose most often (`bench/transfer-study`), and 1e-4 where nothing is normalised. */
function rateOf({ moved, added }: TransferPlan, { parameters }: Pick<Network, 'parameters'>): number {
  const normalised = [...parameters.values()].some(({ role }) => role === 'statistic');
  // A module has normalisations of its own, and starts from nothing.
  if (added.module && moved.groups.what === 'added') return 1e-2;
  if (moved.groups.what === 'added' || moved.only === 'biases') return normalised ? 3e-3 : 1e-3;
  if (!normalised) return 1e-4;
  return moved.statistics === 'source' ? 3e-4 : 1e-3;
}
