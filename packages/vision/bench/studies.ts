/**
 * What `photos.ts` runs: for each study the data, the network, the plan, the settings to choose from, and how the choice
 * is made. All of it was written down before any test image was looked at; a study that changes is another study, and its
 * record starts anew.
 */
import { type Augmentation, MIRROR_ONLY, type VisionSettings } from '@attune/vision';

export interface Study {
  /** Also the name of its record. */
  readonly name: string;
  /** What `--only` takes. */
  readonly part: 'hymenoptera' | 'flowers' | 'defaults' | 'inherited';
  /** Folder below `$ATTUNE_DATA/vision`; it has `train` and `test`. */
  readonly data: string;
  readonly from: string;
  readonly plan: string;
  /** Why these candidates, in a line. */
  readonly about: string;
  /** The settings that are chosen from, in full. */
  readonly grid: readonly VisionSettings[];
  /** Share of the epochs that candidates are given while they are chosen from, for time's sake. Default 1. */
  readonly trial?: number;
  /** The training split is cut into `of` folds; the first `used` of them are validated on, one after the other. */
  readonly folds: { readonly of: number; readonly used: number; readonly seed: number };
  /** Seeds of the final runs, on the whole training split; empty: the study ends with the choice. */
  readonly seeds: readonly number[];
}

const SEEDS = [11, 12, 13];

const probe = (size: number, weightDecay: number, learningRate = 0.003, epochs = 100): VisionSettings => ({
  optimizer: 'sgd',
  epochs,
  batchSize: 32,
  learningRate,
  warmUp: 0,
  weightDecay,
  labelSmoothing: 0,
  patience: null,
  monitor: null,
  size,
  augmentation: MIRROR_ONLY,
});

/** Mirror images and mild crops. */
const CROPS: Augmentation = {
  crop: { scale: [0.5, 1], ratio: [3 / 4, 4 / 3] },
  flip: true,
  jitter: null,
  mixup: 0,
};

const moving = (learningRate: number, epochs: number): VisionSettings => ({
  optimizer: 'adamw',
  epochs,
  batchSize: 32,
  learningRate,
  warmUp: 0.1,
  weightDecay: 0.01,
  labelSmoothing: 0,
  patience: null,
  monitor: null,
  size: 128,
  augmentation: CROPS,
});

const hymenoptera = (from: string): Study => ({
  name: `hymenoptera-${from}-linear-probe`,
  part: 'hymenoptera',
  data: 'hymenoptera',
  from,
  plan: 'linear-probe',
  about: 'side of the input and weight decay; the head is trained to its end, so the rate decides little',
  grid: [160, 224].flatMap((size) => [0.3, 1, 3, 10].map((weightDecay) => probe(size, weightDecay))),
  folds: { of: 5, used: 5, seed: 1 },
  seeds: SEEDS,
});

const flowers = (plan: string, about: string, grid: readonly VisionSettings[], trial?: number): Study => ({
  name: `flowers-mobilenet_v2_035-${plan}`,
  part: 'flowers',
  data: 'flowers',
  from: 'mobilenet_v2_035',
  plan,
  about,
  grid,
  ...(trial === undefined ? {} : { trial }),
  folds: { of: 5, used: 1, seed: 1 },
  seeds: SEEDS,
});

/** What full fine-tuning on a small set tolerates, of a network without batch normalisation and of one with it. */
const defaults = (from: string): Study => ({
  name: `defaults-${from}-full`,
  part: 'defaults',
  data: 'hymenoptera',
  from,
  plan: 'full',
  about: 'the learning rate',
  grid: [1e-4, 3e-4, 1e-3].map((rate) => moving(rate, 10)),
  folds: { of: 5, used: 1, seed: 1 },
  seeds: [],
});

/**
 * Whether the probe's rate and epochs matter: they were inherited by the studies above from defaults that had been chosen
 * in sight of test scores. Added after those had been run; it looks at training photos alone, and nothing follows from it.
 */
const inherited = (from: string): Study => ({
  name: `inherited-${from}-linear-probe`,
  part: 'inherited',
  data: 'hymenoptera',
  from,
  plan: 'linear-probe',
  about: 'rate and epochs of the probe',
  grid: [0.001, 0.003, 0.01].flatMap((rate) => [30, 100].map((epochs) => probe(224, 3, rate, epochs))),
  folds: { of: 5, used: 5, seed: 1 },
  seeds: [],
});

export const STUDIES: readonly Study[] = [
  hymenoptera('squeezenet1_0'),
  hymenoptera('mobilenet_v2_035'),
  flowers(
    'linear-probe',
    'weight decay; the head is trained to its end, so the rate decides little',
    [0.3, 1, 3].map((weightDecay) => probe(128, weightDecay)),
  ),
  flowers(
    'full',
    'the learning rate',
    [3e-4, 1e-3, 3e-3].map((rate) => moving(rate, 8)),
    1 / 2,
  ),
  flowers(
    'scratch',
    'the learning rate; two and a half times the epochs of full fine-tuning',
    [1e-3, 3e-3, 1e-2].map((rate) => moving(rate, 20)),
    1 / 2,
  ),
  defaults('squeezenet1_0'),
  defaults('mobilenet_v2_035'),
  inherited('squeezenet1_0'),
  inherited('mobilenet_v2_035'),
];

/** The same in a minute, to see that the program runs: the first two candidates, one epoch, two folds, no test. */
export function quickStudy(study: Study): Study {
  const grid = study.grid.slice(0, 2).map((settings) => ({ ...settings, epochs: 1, size: 96 }));
  return { ...study, grid, folds: { ...study.folds, used: Math.min(study.folds.used, 2) }, seeds: [] };
}
