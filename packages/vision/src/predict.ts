/** Names what is in single images. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ImageNetwork } from '@attune/core';
import { compileStep, tf, UserError } from '@attune/core';
import { loadNetwork } from '@attune/zoo/node';
import type { ViewsName } from './augment/views.ts';
import { viewOf, viewsOf } from './augment/views.ts';
import type { LabelKind } from './dataset/labels.ts';
import { mapInOrder } from './dataset/map-in-order.ts';
import { byCodeUnits } from './dataset/scan.ts';
import { probabilitiesOf } from './evaluate.ts';
import { BrokenImage } from './images/broken-image.ts';
import { decodeImage } from './images/decode.ts';
import { imageLength, preprocess } from './images/preprocess.ts';
import { IMAGE_EXTENSIONS } from './images/sniff.ts';
import { RUN_FILES, readFinishedRecord } from './run-record.ts';

export interface ClassProbability {
  readonly label: string;
  /** In [0, 1]. */
  readonly probability: number;
}

/**
 * What an image was taken for, most likely class first; or why it could not be read. Where an image may have several labels,
 * each probability is of its own label, and `labels` are those above 1/2, the likeliest first.
 */
export type ImagePrediction =
  | {
      readonly file: string;
      readonly classes: readonly ClassProbability[];
      readonly labels?: readonly string[];
      readonly fault?: undefined;
    }
  | { readonly file: string; readonly fault: string; readonly classes?: undefined; readonly labels?: undefined };

export interface PredictOptions {
  /** Classes that are given for each image. Default 5. */
  readonly top?: number;
  /** An image that cannot be read: reported in its place (`skip`, the default) or an error (`refuse`). */
  readonly onBroken?: 'skip' | 'refuse';
  /** Looks at each image, whose probabilities are averaged. Default `centre`. */
  readonly views?: ViewsName;
  /** Whether an image has one class, or any number of labels. Default `single`; `predictRun` takes the run's. */
  readonly labels?: LabelKind;
}

const DECODED_AHEAD = 4;

/**
 * @param names Names of the network's classes.
 * @param files Paths of images.
 * @throws BrokenImage for the first image that cannot be read, when those are refused.
 */
export async function predictImages(
  network: ImageNetwork,
  names: readonly string[],
  files: readonly string[],
  { top = 5, onBroken = 'skip', views: name = 'centre', labels: kind = 'single' }: PredictOptions = {},
): Promise<ImagePrediction[]> {
  const { preprocessing } = network;
  const { size, channels, resize } = preprocessing;
  const views = viewsOf(name);
  const length = imageLength(preprocessing);
  const step = compileStep((looks: tf.Tensor4D) => tf.mean(probabilitiesOf(network.apply(looks), kind), 0), {
    name: 'predict',
  });
  const read = async (file: string): Promise<Float32Array | BrokenImage> => {
    try {
      const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        throw new BrokenImage(file, `it cannot be read (${error.code})`, { cause: error });
      });
      const values = new Float32Array(views.length * length);
      const pixels = await decodeImage(bytes, resize, file);
      for (const [i, view] of views.entries())
        preprocess(viewOf(pixels, size, view), preprocessing, values, i * length);
      return values;
    } catch (error) {
      if (error instanceof BrokenImage && onBroken === 'skip') return error;
      throw error;
    }
  };
  const predictions: ImagePrediction[] = [];
  try {
    for await (const image of mapInOrder(files, DECODED_AHEAD, read)) {
      const file = files[predictions.length]!;
      if (image instanceof BrokenImage) {
        predictions.push({ file, fault: image.reason });
        continue;
      }
      const input = tf.tensor4d(image, [views.length, size, size, channels === 'gray' ? 1 : 3]);
      const output = await step.run(input);
      const probabilities = await output.data();
      tf.dispose([input, output]);
      const classes = names
        .map((label, i) => ({ label, probability: probabilities[i]! }))
        .sort((a, b) => b.probability - a.probability);
      const likely = classes.filter(({ probability }) => probability > 0.5).map(({ label }) => label);
      predictions.push({ file, classes: classes.slice(0, top), ...(kind === 'multi' ? { labels: likely } : {}) });
    }
  } finally {
    step.dispose();
  }
  return predictions;
}

/**
 * Names images with the network of a finished run.
 * @param inputs Paths of images, or of folders whose images are all taken.
 * @throws UserError when there is no such run or input.
 */
export async function predictRun(
  folder: string,
  inputs: readonly string[],
  options: Omit<PredictOptions, 'labels'> = {},
): Promise<ImagePrediction[]> {
  const record = await readFinishedRecord(folder);
  const files = (await Promise.all(inputs.map(imagesAt))).flat();
  if (files.length === 0) throw new UserError('There are no images to name.', 'Give paths of images or of folders.');
  const { network } = await loadNetwork(join(folder, RUN_FILES.model));
  try {
    return await predictImages(network, record.classes, files, { ...options, labels: record.labels ?? 'single' });
  } finally {
    network.dispose();
  }
}

async function imagesAt(path: string): Promise<string[]> {
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be read (${error.code}).`, 'Check the path.', { cause: error });
  });
  if (!kind.isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => IMAGE_EXTENSIONS.includes(extname(name).toLowerCase()) && !name.startsWith('.'))
    .sort(byCodeUnits)
    .map((name) => join(path, name));
}
