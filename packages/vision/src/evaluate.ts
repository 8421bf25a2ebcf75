/** How well a network names the images of a data set. */

import { join } from 'node:path';
import type { Network } from '@attune/core';
import { confusionMatrix, evaluate, macroF1, perClassAccuracy, UserError } from '@attune/core';
import { loadNetwork } from '@attune/zoo/node';
import { imageSource } from './batches.ts';
import type { Example, ImageDataset, OpenImagesOptions } from './dataset/open.ts';
import { openImages } from './dataset/open.ts';
import type { SplitName } from './dataset/scan.ts';
import type { VisionRecord } from './run-record.ts';
import { RUN_FILES, readFinishedRecord } from './run-record.ts';

/** Figures of one evaluation. Losses in nats, shares in [0, 1]; everything in the order of the classes. */
export interface VisionMetrics {
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** Share of each class's images that were recognised; null for a class without images. */
  readonly perClass: readonly (number | null)[];
  /** Entry [i][j]: images of class i that were taken for class j. */
  readonly confusion: readonly (readonly number[])[];
}

/** The class that each image was taken for, beside its own. */
export interface NamedPrediction {
  readonly name: string;
  readonly label: number;
  readonly prediction: number;
}

export interface VisionEvaluation {
  readonly metrics: VisionMetrics;
  readonly predictions: readonly NamedPrediction[];
}

const BATCH_SIZE = 32;

/** @throws RangeError without examples. */
export async function evaluateImages(
  network: Network,
  examples: readonly Example[],
  batchSize = BATCH_SIZE,
): Promise<VisionEvaluation> {
  if (examples.length === 0) throw new RangeError('there are no examples to evaluate');
  const { classes, preprocessing } = network;
  const source = imageSource(examples, { preprocessing, classes });
  const { loss, accuracy, predictions, labels } = await evaluate({ network, source, batchSize });
  const confusion = confusionMatrix(predictions, labels, classes);
  return {
    metrics: {
      examples: examples.length,
      loss,
      accuracy,
      macroF1: macroF1(confusion),
      perClass: perClassAccuracy(confusion),
      confusion,
    },
    predictions: examples.map(({ name, label }, i) => ({ name, label, prediction: predictions[i]! })),
  };
}

export interface EvaluateRunOptions extends Pick<OpenImagesOptions, 'onBroken' | 'onProgress'> {
  /** Which images; default: `test` where the data set has one of its own or is the run's, else `all`. */
  readonly split?: SplitName | 'all';
}

export interface RunEvaluation extends VisionEvaluation {
  readonly record: VisionRecord;
  readonly dataset: ImageDataset;
  readonly split: SplitName | 'all';
}

/**
 * Evaluates the network of a finished run on a data set, whose classes must be among the run's.
 * @throws UserError when there is no such run or data set, a class is unknown to the run, or the split is empty.
 */
export async function evaluateRun(
  folder: string,
  data: string,
  options: EvaluateRunOptions = {},
): Promise<RunEvaluation> {
  const record = await readFinishedRecord(folder);
  const { network } = await loadNetwork(join(folder, RUN_FILES.model));
  try {
    const dataset = await openImages(data, {
      ...options,
      resize: network.preprocessing.resize,
      seed: record.seed,
    });
    for (const name of dataset.classes)
      if (!record.classes.includes(name))
        throw new UserError(
          `${data} has a class '${name}' that the run in ${folder} does not know.`,
          `Its classes are: ${record.classes.join(', ')}.`,
        );
    const isOwn = dataset.fingerprint === record.data.fingerprint || dataset.givenSplits.includes('test');
    const split = options.split ?? (isOwn ? 'test' : 'all');
    const chosen = split === 'all' ? Object.values(dataset.splits).flat() : dataset.splits[split];
    if (chosen.length === 0) throw new UserError(`The split ${split} of ${data} is empty.`, 'Choose another split.');
    const relabelled = chosen.map((example) => ({
      ...example,
      label: record.classes.indexOf(dataset.classes[example.label]!),
    }));
    return { record, dataset, split, ...(await evaluateImages(network, relabelled)) };
  } finally {
    network.dispose();
  }
}
