/** Advice on a folder of images: what `attune advise vision` asks for. */
import type { ImageNetwork, LabelledFeatures, SplitName } from '@attune/core';
import {
  aDistance,
  FeatureMoments,
  frechetDistance,
  leep,
  namedPlan,
  nce,
  sampleByClass,
  UserError,
} from '@attune/core';
import { catalogueEntry } from '@attune/zoo';
import { loadPretrained } from '@attune/zoo/node';
import { computeFeatures } from '../compute-features.ts';
import type { LabelKind } from '../dataset/labels.ts';
import type { Example, ImageDataset, OpenImagesOptions, SkippedImage } from '../dataset/open.ts';
import { openImages } from '../dataset/open.ts';
import { startNetwork } from '../source-network.ts';
import { type Advice, type AdviseOptions, adviseOnImages, type TrialOptions } from './advise.ts';
import { planSeconds } from './plan-time.ts';
import { sourceProbabilities } from './source-head.ts';

export interface AdviseVisionOptions
  extends Pick<OpenImagesOptions, 'onBroken' | 'indexFolder' | 'labels'>,
    Pick<AdviseOptions, 'evidence'> {
  /** A folder with a folder for each class (or with splits of that form), or a CSV manifest. */
  readonly data: string;
  /** Name of a network in the catalogue. */
  readonly from: string;
  /** Fixes the splits, the sample and the folds. Default 0. */
  readonly seed?: number;
  /** Side of the input, pixels. Default: that of the pre-training. */
  readonly size?: number | undefined;
  /** Images of the source, in the same form as `data`: the distance to them is measured too. */
  readonly sourceData?: string | undefined;
  readonly dataDirectories?: readonly string[] | undefined;
  readonly weightsFile?: string | undefined;
  /** Trials of the likeliest plans: minutes of training. Default: none. */
  readonly trials?: Omit<TrialOptions, 'start'> | undefined;
  readonly onProgress?: (what: 'images' | 'features' | 'layers', done: number, total: number) => void;
}

export interface VisionAdvice extends Advice {
  readonly data: string;
  /** Images of each split: advice rests on those to learn from alone. */
  readonly examples: Readonly<Record<SplitName, number>>;
  /** Images that were left out, and why. */
  readonly skipped: readonly SkippedImage[];
  readonly warnings: readonly string[];
  /** What the source's own head says of the images: greater means more transferable. Null where the weights have none. */
  readonly sourceHead: { readonly LEEP: number; readonly NCE: number; readonly confidence: number } | null;
  /** Distance of the top layer's features to those of the source's images; null without any. */
  readonly domain: { readonly frechet: number; readonly aDistance: number } | null;
  /** Seconds that training would take here, by the plan's name. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** @throws UserError for input that a user can put right. */
export async function adviseVision(options: AdviseVisionOptions): Promise<VisionAdvice> {
  const { data, from, seed = 0, size, sourceData, trials, onProgress } = options;
  const { preprocessing, weights } = catalogueEntry(from);
  const resize = Math.round((preprocessing.resize * (size ?? preprocessing.size)) / preprocessing.size);
  const open = (path: string, labels?: LabelKind): Promise<ImageDataset> =>
    openImages(path, {
      labels,
      resize,
      seed,
      ...(options.onBroken ? { onBroken: options.onBroken } : {}),
      indexFolder: options.indexFolder,
      onProgress: (done, total) => onProgress?.('images', done, total),
    });
  const where = { weightsFile: options.weightsFile, dataDirectories: options.dataDirectories, size };
  // Before the images, which take longer: what is wrong with the size or the weights is said at once.
  const network = await loadPretrained(from, { ...where, classes: 1, seed });
  try {
    const dataset = await open(data, options.labels);
    if (dataset.labels === 'multi')
      throw new UserError(
        `The images of ${data} have several labels each, and advice is measured on images of one class.`,
        'Tune with a plan of your choice: linear-probe is the quickest, full the usual one.',
      );
    const { train, validation, test } = dataset.splits;
    const classes = dataset.classes.length;
    if (train.length === classes)
      throw new UserError(
        `No class of ${data} has two images to learn from.`,
        'Add images: with one of each nothing can be cross-validated.',
      );
    network.resetHead(classes, seed);
    const advice = await adviseOnImages({
      network,
      train,
      classes: dataset.classes,
      seed,
      trials: trials && { ...trials, start: (plan) => startNetwork({ ...where, from, plan, classes, seed }) },
      ...(options.evidence ? { evidence: options.evidence } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
    const sample = sampleByClass(train, classes, seed);
    const seconds = advice.ranking.map(({ name }) => {
      const plan = namedPlan(name);
      return [name, planSeconds({ plan, network, images: train.length, secondsPerImage: advice.secondsPerImage })];
    });
    return {
      ...advice,
      data,
      examples: { train: train.length, validation: validation.length, test: test.length },
      skipped: dataset.skipped,
      warnings: dataset.warnings,
      sourceHead: weights.classes === undefined ? null : await askSourceHead(await loadPretrained(from, where), sample),
      domain: sourceData === undefined ? null : await distance(network, sample, await open(sourceData, 'single'), seed),
      seconds: Object.fromEntries(seconds) as Record<string, number>,
    };
  } finally {
    network.dispose();
  }
}

/** LEEP, NCE, and how sure the source's head is. Disposes of the network. */
async function askSourceHead(network: ImageNetwork, examples: readonly Example[]): Promise<VisionAdvice['sourceHead']> {
  try {
    const { probabilities, classes, labels, confidence } = await sourceProbabilities(network, examples);
    return { LEEP: leep(probabilities, labels), NCE: nce(classes, labels), confidence };
  } finally {
    network.dispose();
  }
}

/** Of the top layer's features. A sample of the source's images is enough, as it is of the target's. */
async function distance(network: ImageNetwork, examples: readonly Example[], source: ImageDataset, seed: number) {
  const others = sampleByClass(Object.values(source.splits).flat(), source.classes.length, seed);
  const [here, there] = [await computeFeatures(network, examples), await computeFeatures(network, others)];
  return {
    frechet: frechetDistance(momentsOf(there), momentsOf(here)),
    aDistance: aDistance(there, here, { seed }),
  };
}

function momentsOf({ values, size }: LabelledFeatures): FeatureMoments {
  return FeatureMoments.of(values, size);
}
