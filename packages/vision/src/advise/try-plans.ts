/**
 * Trials: plans are trained on two thirds of the images at hand and scored on the third that was left out, every plan on
 * the same thirds, so that they are compared image by image. Test images are not touched.
 */
import type { ImageNetwork, LabelledFeatures, Lora, TransferPlan } from '@attune/core';
import { bestEarlierLayer, depthCurve, evaluate, namedPlan, rowsAt, stratifiedFolds } from '@attune/core';
import { imageSource } from '../batches.ts';
import type { Example } from '../dataset/open.ts';
import { defaultSettings } from '../default-settings.ts';
import { trainOnImages } from '../train.ts';
import type { Trial } from './evidence-types.ts';
import { BASELINE, EARLIER_LAYER } from './recommend.ts';
import { angleBetween } from './room.ts';

export interface TryPlansOptions {
  /** Names; `earlier-layer` is a probe on the layer that cross-validation likes best on each part's own training images. */
  readonly plans: readonly string[];
  readonly examples: readonly Example[];
  /** Of the same examples, by layer in the order of depth: see `tapFeatures`. */
  readonly features: ReadonlyMap<string, LabelledFeatures>;
  readonly seed: number;
  /** The pre-trained network with what the plan adds, and a head of the classes; it is disposed of. */
  readonly start: (plan: TransferPlan) => Promise<{ readonly network: ImageNetwork; readonly lora?: Lora | undefined }>;
  /** Before a run: its plan, how many runs are done, and of how many. */
  readonly onRun?: ((plan: string, done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Parts that the images are cut into: one is left out at a time. */
const FOLDS = 3;
/** Left-out images that are enough: parts are left out until there are as many. */
const ENOUGH_IMAGES = 300;
/** Updates of a trial, for sets of up to so many images a class, and for larger ones: less than a run has, for time's sake. */
const UPDATES = { small: 60, upTo: 20, large: 120 } as const;

/** Parts that are left out for so many examples. */
export function trialFolds(examples: number): number {
  return Math.min(FOLDS, Math.ceil((FOLDS * ENOUGH_IMAGES) / examples));
}

/** Gains over a linear probe, which is tried besides. @throws UserError as `trainOnImages`. */
export async function tryPlans(options: TryPlansOptions): Promise<Trial[]> {
  const { plans, examples, features, seed, onRun, signal } = options;
  const labels = Int32Array.from(examples, ({ label }) => label);
  const foldOf = stratifiedFolds(labels, FOLDS, seed);
  const names = [BASELINE, ...plans.filter((name) => name !== BASELINE)];
  const folds = trialFolds(examples.length);
  const right = new Map(names.map((name) => [name, [] as boolean[]]));
  let done = 0;
  for (let fold = 0; fold < folds; fold++) {
    const inside = indicesWhere(examples, (i) => foldOf[i] !== fold);
    const outside = indicesWhere(examples, (i) => foldOf[i] === fold);
    for (const name of names) {
      signal?.throwIfAborted();
      onRun?.(name, done++, folds * names.length);
      const plan = name === EARLIER_LAYER ? await earlierLayerPlan(features, inside, seed) : namedPlan(name);
      right.get(name)!.push(...(await score(plan, at(examples, inside), at(examples, outside), options)));
    }
  }
  return names.slice(1).map((plan) => trialOf(plan, right.get(plan)!, right.get(BASELINE)!));
}

/**
 * How the plan compares with the probe, from whether each named the class of each image: the standard error is that of the
 * difference of two correlated shares, as angles. That no image differed among few is no certainty: each of the four ways
 * in which an image can fall out has a quarter of an image more.
 */
export function trialOf(plan: string, right: readonly boolean[], probe: readonly boolean[]): Trial {
  const n = right.length;
  const count = (holds: (i: number) => boolean) => indicesWhere(right, holds).length;
  const [byPlan, byProbe] = [count((i) => right[i]!), count((i) => probe[i]!)];
  const [p, q] = [byPlan, byProbe].map((images) => (images + 1 / 2) / (n + 1)) as [number, number];
  const both = (count((i) => right[i]! && probe[i]!) + 1 / 4) / (n + 1);
  const correlation = (both - p * q) / Math.sqrt(p * (1 - p) * q * (1 - q));
  return {
    plan,
    probe: byProbe / n,
    gain: (byPlan - byProbe) / n,
    angle: angleBetween(q, p),
    standardError: Math.sqrt((2 - 2 * correlation) / (n + 1)),
  };
}

async function earlierLayerPlan(
  features: ReadonlyMap<string, LabelledFeatures>,
  rows: readonly number[],
  seed: number,
): Promise<TransferPlan> {
  const some = new Map([...features].map(([layer, values]) => [layer, rowsAt(values, rows)]));
  return namedPlan(`probe-at-${bestEarlierLayer(await depthCurve(some, { seed }))!.layer}`);
}

/** Of each test example, whether the network that the plan trains on the others names its class. */
async function score(
  plan: TransferPlan,
  train: readonly Example[],
  test: readonly Example[],
  { start, seed, signal }: TryPlansOptions,
): Promise<boolean[]> {
  const { network, lora } = await start(plan);
  try {
    const { preprocessing, classes } = network;
    const settings = defaultSettings({ plan, network, size: preprocessing.size, examples: train.length });
    const updates = train.length <= UPDATES.upTo * classes ? UPDATES.small : UPDATES.large;
    const epochs =
      plan.moved.groups.what === 'head'
        ? settings.epochs
        : Math.min(settings.epochs, Math.ceil(updates / Math.ceil(train.length / settings.batchSize)));
    await trainOnImages({
      network,
      plan,
      seed,
      settings: { ...settings, epochs, monitor: null },
      train,
      validation: [],
      ...(signal ? { signal } : {}),
    });
    lora?.mergeAndRemove();
    const source = imageSource(test, { preprocessing, classes });
    const { predictions, labels } = await evaluate({ network, source, batchSize: settings.batchSize });
    return [...predictions].map((prediction, i) => prediction === labels[i]);
  } finally {
    network.dispose();
  }
}

function indicesWhere(items: readonly unknown[], holds: (index: number) => boolean): number[] {
  return [...items.keys()].filter(holds);
}

function at<Item>(items: readonly Item[], rows: readonly number[]): Item[] {
  return rows.map((row) => items[row]!);
}
