/** Advice on a folder of images: what `attune advise vision` asks for. */
import type { LabelledFeatures, Network } from '@attune/core';
import {
  aDistance,
  compileStep,
  FeatureMoments,
  frechetDistance,
  leep,
  namedPlan,
  nce,
  tf,
  UserError,
} from '@attune/core';
import { catalogueEntry } from '@attune/zoo';
import { loadPretrained } from '@attune/zoo/node';
import { computeFeatures } from '../compute-features.ts';
import type { Example, ImageDataset, OpenImagesOptions } from '../dataset/open.ts';
import { openImages } from '../dataset/open.ts';
import { type Advice, adviseOnImages, sampleOf } from './advise.ts';
import { planSeconds } from './plan-time.ts';
import { imageBatches } from './tap-features.ts';

export interface AdviseVisionOptions extends Pick<OpenImagesOptions, 'onBroken' | 'indexFolder'> {
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
  readonly onProgress?: (what: 'images' | 'features' | 'layers', done: number, total: number) => void;
}

export interface VisionAdvice extends Advice {
  readonly data: string;
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
  const { data, from, seed = 0, size, onProgress } = options;
  const { preprocessing, weights } = catalogueEntry(from);
  const resize = Math.round((preprocessing.resize * (size ?? preprocessing.size)) / preprocessing.size);
  const open = (path: string): Promise<ImageDataset> =>
    openImages(path, {
      resize,
      seed,
      ...(options.onBroken ? { onBroken: options.onBroken } : {}),
      ...(options.indexFolder ? { indexFolder: options.indexFolder } : {}),
      onProgress: (done, total) => onProgress?.('images', done, total),
    });
  const dataset = await open(data);
  if (dataset.classes.length < 2)
    throw new UserError(`${data} has one class, '${dataset.classes[0]}'.`, 'Advice needs at least two.');
  const where = { weightsFile: options.weightsFile, dataDirectories: options.dataDirectories, size };
  const network = await loadPretrained(from, { ...where, classes: dataset.classes.length, seed });
  try {
    const { train } = dataset.splits;
    const advice = await adviseOnImages({
      network,
      train,
      classes: dataset.classes,
      seed,
      ...(onProgress ? { onProgress } : {}),
    });
    const sample = sampleOf(train, dataset.classes.length, seed);
    const seconds = advice.ranking.map(({ name }) => {
      const plan = namedPlan(name);
      return [name, planSeconds({ plan, network, images: train.length, secondsPerImage: advice.secondsPerImage })];
    });
    return {
      ...advice,
      data,
      warnings: dataset.warnings,
      sourceHead: weights.classes === undefined ? null : await askSourceHead(await loadPretrained(from, where), sample),
      domain: options.sourceData === undefined ? null : await distance(network, sample, await open(options.sourceData)),
      seconds: Object.fromEntries(seconds) as Record<string, number>,
    };
  } finally {
    network.dispose();
  }
}

const BATCH_SIZE = 16;

/** LEEP, NCE, and how sure the source's head is. Disposes of the network. */
async function askSourceHead(network: Network, examples: readonly Example[]) {
  const step = compileStep((images: tf.Tensor4D) => tf.softmax(network.apply(images)), { name: 'source' });
  const probabilities = new Float32Array(examples.length * network.classes);
  try {
    let done = 0;
    for await (const { images, count } of imageBatches(network, examples, BATCH_SIZE)) {
      const output = await step.run(images);
      probabilities.set((await output.data()).subarray(0, count * network.classes), done * network.classes);
      tf.dispose([images, output]);
      done += count;
    }
  } finally {
    step.dispose();
    network.dispose();
  }
  const rows = examples.map((_, i) => probabilities.subarray(i * network.classes, (i + 1) * network.classes));
  const likeliest = rows.map((row) => row.reduce((best, value, i) => (value > row[best]! ? i : best), 0));
  const labels = examples.map(({ label }) => label);
  return {
    LEEP: leep(probabilities, labels),
    NCE: nce(likeliest, labels),
    confidence: rows.reduce((sum, row, i) => sum + row[likeliest[i]!]!, 0) / rows.length,
  };
}

async function distance(network: Network, examples: readonly Example[], source: ImageDataset) {
  const others = Object.values(source.splits).flat();
  const [here, there] = [await computeFeatures(network, examples), await computeFeatures(network, others)];
  return {
    frechet: frechetDistance(momentsOf(there), momentsOf(here)),
    aDistance: aDistance(there, here, { seed: 0 }),
  };
}

function momentsOf({ values, size }: LabelledFeatures): FeatureMoments {
  return FeatureMoments.of(values, size);
}
