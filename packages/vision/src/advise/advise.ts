/**
 * What the data advises: how large the set is, how like the source's its images are, which layer's features tell its
 * classes apart, and which plan that speaks for. It measures with frozen features alone, so that it takes seconds.
 */
import type { LabelledFeatures, Network } from '@attune/core';
import { logMe, nearestNeighbourAccuracy, Random, shrunkHScore, transRate } from '@attune/core';
import type { Example } from '../dataset/open.ts';
import { bestEarlierLayer, bestLayer, type DepthPoint, depthCurve, depthTaps, gainError } from './depth.ts';
import { EVIDENCE, THRESHOLDS } from './evidence.ts';
import type { TaskTraits } from './evidence-types.ts';
import { type RankedPlan, rankPlans } from './recommend.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { statisticsShift } from './statistics-shift.ts';
import { tapFeatures } from './tap-features.ts';

export interface AdviseOptions {
  /** The pre-trained network; its head does not matter. */
  readonly network: Network;
  /** Images to learn from. */
  readonly train: readonly Example[];
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Fixes the sample and the folds. */
  readonly seed: number;
  readonly onProgress?: (what: 'features' | 'layers', done: number, total: number) => void;
}

export interface Advice {
  readonly network: string;
  readonly images: number;
  /** Images of each class, in the order of the classes. */
  readonly perClass: readonly number[];
  readonly classes: readonly string[];
  /** Images that were measured: at most `MOST_PER_CLASS` a class. */
  readonly measured: number;
  readonly traits: TaskTraits;
  readonly scenario: Scenario;
  /** From the input up. */
  readonly depth: readonly DepthPoint[];
  readonly best: DepthPoint;
  /** Transferability scores of the top layer's features; greater is better. */
  readonly scores: Readonly<Record<'LogME' | 'H-score' | 'TransRate' | 'nearest neighbour', number>>;
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

/** Images of a class that are measured at most: more hardly change the numbers. */
export const MOST_PER_CLASS = 100;
/** Images that are measured at most. */
const MOST_IMAGES = 2000;

/** @throws RangeError with fewer than two classes. */
export async function adviseOnImages(options: AdviseOptions): Promise<Advice> {
  const { network, train, classes, seed, onProgress } = options;
  if (classes.length < 2) throw new RangeError('advice needs at least two classes');
  const perClass = classes.map((_, label) => train.filter((example) => example.label === label).length);
  const sample = sampleOf(train, classes.length, seed);

  const started = performance.now();
  const taps = depthTaps(network);
  const features = await tapFeatures(network, sample, {
    taps,
    onProgress: (done, total) => onProgress?.('features', done, total),
  });
  const secondsPerImage = (performance.now() - started) / 1000 / sample.length;
  const depth = await depthCurve(features, { seed, onProgress: (done, total) => onProgress?.('layers', done, total) });
  const top = depth.at(-1)!;
  const earlier = bestEarlierLayer(depth) ?? top;
  const shift = await statisticsShift(network, Random.fromSeed(seed).fork('shift').shuffle(sample));
  const traits = {
    imagesPerClass: median(perClass),
    shift,
    earlierGain: earlier.accuracy - top.accuracy,
    earlierError: gainError(top.accuracy, sample.length),
  };
  const ranking = rankPlans(traits, EVIDENCE, THRESHOLDS).flatMap((ranked) => named(ranked, earlier.layer));
  return {
    network: network.name,
    images: train.length,
    perClass,
    classes,
    measured: sample.length,
    traits,
    scenario: scenarioOf(traits, THRESHOLDS),
    depth,
    best: bestLayer(depth),
    scores: scoresOf(features.get(top.layer)!),
    recommended: ranking[0]!,
    ranking,
    secondsPerImage,
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
function named(ranked: RankedPlan, earlierLayer: string): Recommendation[] {
  if (ranked.plan === 'surgical') return [];
  return [{ ...ranked, name: ranked.plan === 'earlier-layer' ? `probe-at-${earlierLayer}` : ranked.plan }];
}

/** At most so many images of each class, drawn by the seed. */
export function sampleOf(train: readonly Example[], classes: number, seed: number): Example[] {
  const most = Math.max(2, Math.min(MOST_PER_CLASS, Math.floor(MOST_IMAGES / classes)));
  const random = Random.fromSeed(seed).fork('advice');
  return Array.from({ length: classes }, (_, label) =>
    random
      .fork(label)
      .shuffle(train.filter((example) => example.label === label))
      .slice(0, most),
  ).flat();
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
