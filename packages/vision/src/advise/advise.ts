/**
 * What the data advises: how large the set is, how like the source's its images are, which layer's features tell its
 * classes apart, and which plan that speaks for. Frozen features alone say so in seconds; trials of the likeliest plans, where
 * they are asked for, take minutes and say it more surely.
 */
import type { DepthPoint, ImageNetwork, LabelledFeatures } from '@attune/core';
import {
  bestEarlierLayer,
  bestLayer,
  depthCurve,
  depthTaps,
  logMe,
  median,
  mostFrequentShare,
  nearestNeighbourAccuracy,
  Random,
  sampleByClass,
  shrunkHScore,
  transRate,
} from '@attune/core';
import type { Example } from '../dataset/open.ts';
import { EVIDENCE, THRESHOLDS } from './evidence.ts';
import type { Evidence, TaskTraits, Trial } from './evidence-types.ts';
import { EARLIER_LAYER, type RankedPlan, rankPlans, worthTrying } from './recommend.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { statisticsShift } from './statistics-shift.ts';
import { tapFeatures } from './tap-features.ts';
import { type TryPlansOptions, tryPlans } from './try-plans.ts';

export interface AdviseOptions {
  /** The pre-trained network; its head does not matter. */
  readonly network: ImageNetwork;
  /** Images to learn from. */
  readonly train: readonly Example[];
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Fixes the sample and the folds. */
  readonly seed: number;
  /** What plans are ranked by. Default: what the study measured. */
  readonly evidence?: Evidence;
  /** Trials of the likeliest plans, and of an earlier layer. Default: none. */
  readonly trials?: TrialOptions | undefined;
  readonly onProgress?: (what: 'features' | 'layers', done: number, total: number) => void;
}

export interface TrialOptions extends Pick<TryPlansOptions, 'start' | 'onRun' | 'signal'> {
  /** Plans that are tried, besides the probes: at least 1. */
  readonly count: number;
}

export interface Advice {
  readonly network: string;
  readonly images: number;
  /** Images of each class, in the order of the classes. */
  readonly perClass: readonly number[];
  readonly classes: readonly string[];
  /** Images that were measured: at most `MOST_PER_CLASS` of core a class. */
  readonly measured: number;
  /** Accuracy, among those, of always naming the most frequent class. */
  readonly chance: number;
  readonly traits: TaskTraits;
  readonly scenario: Scenario;
  /** From the input up. */
  readonly depth: readonly DepthPoint[];
  readonly best: DepthPoint;
  /** Transferability scores of the top layer's features; greater is better. */
  readonly scores: Readonly<Record<'LogME' | 'H-score' | 'TransRate' | 'nearest neighbour', number>>;
  /** What was tried on the images to learn from, and how it did; empty without trials. */
  readonly trials: readonly Trial[];
  readonly recommended: Recommendation;
  /** Every plan that was weighed, the best first. */
  readonly ranking: readonly Recommendation[];
  /** Time of a pass through the frozen network here, seconds an image. */
  readonly secondsPerImage: number;
}

export interface Recommendation extends RankedPlan {
  /** A name that `namedPlan` knows. */
  readonly name: string;
}

/** Images of the middle class that a third must be left out of for a trial. */
const FEWEST_TO_TRY = 3;

const STUDIED: Evidence = { cells: EVIDENCE, thresholds: THRESHOLDS };

/** @throws RangeError with fewer than two classes, or where no class has two images: nothing can be cross-validated. */
export async function adviseOnImages(options: AdviseOptions): Promise<Advice> {
  const { network, train, classes, seed, evidence = STUDIED, onProgress } = options;
  if (classes.length < 2) throw new RangeError('advice needs at least two classes');
  const perClass = new Array<number>(classes.length).fill(0);
  for (const { label } of train) perClass[label]!++;
  if (Math.max(...perClass) < 2) throw new RangeError('advice needs a class with at least two images');
  const sample = sampleByClass(train, classes.length, seed);

  const passes = stopwatch();
  const features = await tapFeatures(network, sample, {
    taps: depthTaps(network),
    onProgress: (done, total) => {
      passes.lap(done);
      onProgress?.('features', done, total);
    },
  });
  const depth = await depthCurve(features, { seed, onProgress: (done, total) => onProgress?.('layers', done, total) });
  const top = depth.at(-1)!;
  const earlier = bestEarlierLayer(depth);
  const shift = await statisticsShift(network, Random.fromSeed(seed).fork('shift').shuffle(sample));
  const traits = {
    imagesPerClass: median(perClass),
    shift,
    earlierGain: (earlier ?? top).accuracy - top.accuracy,
  };
  const rank = (trials: readonly Trial[]) =>
    rankPlans(traits, evidence, { probe: top.accuracy, trials }).flatMap((ranked) => named(ranked, earlier?.layer));
  const trials =
    options.trials === undefined || traits.imagesPerClass < FEWEST_TO_TRY
      ? []
      : await tryPlans({
          ...options.trials,
          plans: [...(earlier ? [EARLIER_LAYER] : []), ...worthTrying(rank([]), options.trials.count)],
          examples: sample,
          features,
          seed,
        });
  const ranking = rank(trials);
  return {
    network: network.name,
    images: train.length,
    perClass,
    classes,
    measured: sample.length,
    chance: mostFrequentShare(sample),
    traits,
    scenario: scenarioOf(traits, evidence.thresholds),
    depth,
    best: bestLayer(depth),
    scores: scoresOf(features.get(top.layer)!),
    trials,
    recommended: ranking[0]!,
    ranking,
    secondsPerImage: passes.secondsPerImage(),
  };
}

/** Time of an image, without the first batch's, which has the network prepared, where there are others. */
function stopwatch() {
  let [start, end] = [
    { time: performance.now(), done: 0 },
    { time: 0, done: 0 },
  ];
  return {
    lap(done: number) {
      if (end.done > 0 && start.done === 0) start = end;
      end = { time: performance.now(), done };
    },
    secondsPerImage: () => (end.time - start.time) / 1000 / (end.done - start.done),
  };
}

function scoresOf(features: LabelledFeatures): Advice['scores'] {
  return {
    LogME: logMe(features),
    'H-score': shrunkHScore(features),
    TransRate: transRate(features),
    'nearest neighbour': nearestNeighbourAccuracy(features, { k: 1 }),
  };
}

/** The plan by the name that a user types. Which block to tune surgically is for trials to choose: it is not advised. */
function named(ranked: RankedPlan, earlierLayer: string | undefined): Recommendation[] {
  if (ranked.plan === 'surgical') return [];
  if (ranked.plan !== EARLIER_LAYER) return [{ ...ranked, name: ranked.plan }];
  return earlierLayer === undefined ? [] : [{ ...ranked, name: `probe-at-${earlierLayer}` }];
}
