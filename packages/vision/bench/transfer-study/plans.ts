/**
 * The plans that are compared, and the settings that each chooses from: three candidates for every plan, chosen on images
 * of the training split that the run does not learn from.
 */
import type { TransferPlan } from '@attune/core';
import { namedPlan } from '@attune/core';
import type { VisionSettings } from '@attune/vision';
import { MIRROR_ONLY, NO_AUGMENTATION } from '@attune/vision';
import { augmentationOf, type Target } from './targets.ts';

export interface Candidate {
  readonly plan: TransferPlan;
  readonly settings: Partial<VisionSettings>;
}

/** Settings that every plan chooses from. */
export const CANDIDATES = 3;

export interface ComparedPlan {
  readonly name: string;
  /** What it costs is the head alone. */
  readonly frozen: boolean;
  /** @param layer The layer whose features a cross-validated probe likes best, the top left out. */
  candidates(from: string, layer: string): readonly Candidate[];
}

const RATES = [3e-4, 1e-3, 3e-3];
/** With the source's statistics, which do not follow, lower ones. */
const LOW_RATES = [1e-4, 3e-4, 1e-3];
/** What starts from nothing, or moves little of the network, learns faster. */
const HIGH_RATES = [1e-3, 3e-3, 1e-2];

/** Layer groups for surgical tuning: early, middle, late. */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  mobilenet_v2_035: ['bottleneck2', 'bottleneck4', 'bottleneck6'],
  squeezenet1_0: ['fire2', 'fire5', 'fire8'],
  shapes_cnn: ['conv1', 'block2', 'block3'],
};

const atRates = (name: string, rates: readonly number[]): ComparedPlan => ({
  name,
  frozen: false,
  candidates: () => rates.map((learningRate) => ({ plan: namedPlan(name), settings: { learningRate } })),
});

const probe = (name: string, plan: (layer: string) => TransferPlan): ComparedPlan => ({
  name,
  frozen: true,
  candidates: (_, layer) => [0.3, 3, 10].map((weightDecay) => ({ plan: plan(layer), settings: { weightDecay } })),
});

export const PLANS: readonly ComparedPlan[] = [
  atRates('scratch', HIGH_RATES),
  probe('linear-probe', () => namedPlan('linear-probe')),
  probe('earlier-layer', (layer) => namedPlan(`probe-at-${layer}`)),
  atRates('full', RATES),
  atRates('probe-then-full', LOW_RATES),
  atRates('l2-sp', RATES),
  atRates('lora', HIGH_RATES),
  atRates('adapters', HIGH_RATES),
  atRates('bitfit', HIGH_RATES),
  atRates('modular', HIGH_RATES),
  {
    name: 'surgical',
    frozen: false,
    candidates: (from) =>
      BLOCKS[from]!.map((block) => ({ plan: namedPlan(`surgical-${block}`), settings: { learningRate: 1e-3 } })),
  },
];

/** Updates of a run by the images a class, the same for every plan that moves more than the head. */
function updates(size: number): number {
  return size <= 20 ? 60 : size <= 100 ? 120 : 240;
}

const BATCH_SIZE = 32;

/** All settings of a run. @param share Share of the updates: trials have half of them, for time's sake. */
export function settingsOf(
  { plan, settings }: Candidate,
  target: Target,
  size: number,
  classes: number,
  share: number,
): VisionSettings {
  const common = {
    labelSmoothing: 0,
    patience: null,
    monitor: null,
    size: target.pixels,
    batchSize: BATCH_SIZE,
  } as const;
  const batches = Math.ceil((size * classes) / BATCH_SIZE);
  if (plan.moved.groups.what === 'head')
    return {
      ...common,
      optimizer: 'sgd',
      epochs: Math.min(Math.max(Math.ceil(1500 / batches), 20), 1500),
      learningRate: 0.003,
      warmUp: 0,
      weightDecay: 3,
      augmentation: target.mirror ? MIRROR_ONLY : NO_AUGMENTATION,
      ...settings,
    };
  return {
    ...common,
    optimizer: 'adamw',
    epochs: Math.ceil((share * updates(size)) / batches),
    learningRate: 1e-3,
    warmUp: 0.1,
    weightDecay: 0.01,
    augmentation: augmentationOf(target),
    ...settings,
  };
}
