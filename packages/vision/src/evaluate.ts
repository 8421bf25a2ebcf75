/** How well a network names the images of a data set. */

import { join } from 'node:path';
import type { Evaluation, ImageNetwork, SplitName } from '@attune/core';
import {
  accuracy,
  compileStep,
  confusionMatrix,
  evaluate,
  macroF1,
  multiLabelMetrics,
  perClassAccuracy,
  Random,
  tf,
  UserError,
} from '@attune/core';
import { loadNetwork } from '@attune/zoo/node';
import type { ViewsName } from './augment/views.ts';
import { viewsOf } from './augment/views.ts';
import { imageSource } from './batches.ts';
import type { LabelKind, Labelled } from './dataset/labels.ts';
import { labelKindOf, labelsOf, multiHot, SEPARATOR } from './dataset/labels.ts';
import type { Example, ImageDataset, OpenImagesOptions } from './dataset/open.ts';
import { openImages } from './dataset/open.ts';
import type { VisionRecord } from './run-record.ts';
import { RUN_FILES, readFinishedRecord } from './run-record.ts';

/** Figures of one evaluation. Losses in nats, shares in [0, 1]; everything in the order of the classes. */
export interface VisionMetrics {
  readonly examples: number;
  readonly loss: number;
  /** Of images with several labels the share with every label right and no other: exact match. */
  readonly accuracy: number;
  readonly macroF1: number;
  /** Share of each class's images that were recognised as of it; null for a class without images. */
  readonly perClass: readonly (number | null)[];
  /** Entry [i][j]: images of class i that were taken for class j. Not there for images with several labels. */
  readonly confusion?: readonly (readonly number[])[];
  /** For images with several labels alone, as the next two: see core's `multiLabelMetrics`. */
  readonly meanAveragePrecision?: number;
  readonly microF1?: number;
  readonly averagePrecision?: readonly (number | null)[];
}

/** The class that each image was taken for, beside its own. */
export interface NamedPrediction extends Labelled {
  readonly name: string;
  /** -1 for images with several labels. */
  readonly prediction: number;
  /** For those: the numbers of the labels whose probability is above 1/2, ascending. */
  readonly predictions?: readonly number[];
}

export interface VisionEvaluation {
  readonly metrics: VisionMetrics;
  readonly predictions: readonly NamedPrediction[];
}

const BATCH_SIZE = 32;

export interface EvaluateImagesOptions {
  /** Images a step. Default 32. */
  readonly batchSize?: number;
  /** Looks at each image; their probabilities are averaged, and the loss is that of the average. Default `centre`. */
  readonly views?: ViewsName;
}

/** @throws RangeError without examples. */
export async function evaluateImages(
  network: ImageNetwork,
  examples: readonly Example[],
  options: EvaluateImagesOptions = {},
): Promise<VisionEvaluation> {
  if (examples.length === 0) throw new RangeError('there are no examples to evaluate');
  return labelKindOf(examples) === 'multi'
    ? evaluateSeveral(network, examples, options)
    : evaluateSingle(network, examples, options);
}

async function evaluateSingle(
  network: ImageNetwork,
  examples: readonly Example[],
  { batchSize = BATCH_SIZE, views = 'centre' }: EvaluateImagesOptions,
): Promise<VisionEvaluation> {
  const { classes, preprocessing } = network;
  const evaluation =
    views === 'centre'
      ? await evaluate({ network, source: imageSource(examples, { preprocessing, classes }), batchSize })
      : await evaluateViews(network, examples, views, batchSize);
  const { predictions, labels } = evaluation;
  const confusion = confusionMatrix(predictions, labels, classes);
  return {
    metrics: {
      examples: examples.length,
      loss: evaluation.loss,
      accuracy: evaluation.accuracy,
      macroF1: macroF1(confusion),
      perClass: perClassAccuracy(confusion),
      confusion,
    },
    predictions: examples.map(({ name, label }, i) => ({ name, label, prediction: predictions[i]! })),
  };
}

/** As core's `evaluate`, by the probabilities averaged over the views of each image. */
async function evaluateViews(
  network: ImageNetwork,
  examples: readonly Example[],
  views: ViewsName,
  batchSize: number,
): Promise<Evaluation> {
  const { classes } = network;
  const labels = Int32Array.from(examples, ({ label }) => label);
  const probabilities = await averagedProbabilities(network, examples, views, batchSize);
  let loss = 0;
  const predictions = labels.map((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    loss += lossOf(row[label]!);
    return row.indexOf(Math.max(...row));
  });
  return { loss: loss / labels.length, accuracy: accuracy(predictions, labels), predictions, labels };
}

async function evaluateSeveral(
  network: ImageNetwork,
  examples: readonly Example[],
  { batchSize = BATCH_SIZE, views = 'centre' }: EvaluateImagesOptions,
): Promise<VisionEvaluation> {
  const { classes, preprocessing } = network;
  const evaluation =
    views === 'centre'
      ? await evaluate({
          network,
          source: imageSource(examples, { preprocessing, classes }),
          batchSize,
          loss: 'sigmoid',
        })
      : await evaluateSeveralViews(network, examples, views, batchSize);
  const { exactMatch: accuracy, ...metrics } = evaluation.multiLabel!;
  const predictions = examples.map((_, i) => {
    const row = evaluation.predictions.subarray(i * classes, (i + 1) * classes);
    return [...row.keys()].filter((label) => row[label] === 1);
  });
  const perClass = recalls(examples, predictions, classes);
  return {
    metrics: { examples: examples.length, loss: evaluation.loss, accuracy, ...metrics, perClass },
    predictions: examples.map(({ name, label, targets }, i) => {
      return { name, label, targets, prediction: -1, predictions: predictions[i]! };
    }),
  };
}

/** As core's `evaluate` with the sigmoid loss, by the probabilities averaged over the views of each image. */
async function evaluateSeveralViews(
  network: ImageNetwork,
  examples: readonly Example[],
  views: ViewsName,
  batchSize: number,
): Promise<Evaluation> {
  const targets = multiHot(examples, network.classes);
  const probabilities = await averagedProbabilities(network, examples, views, batchSize);
  const multiLabel = multiLabelMetrics(probabilities, targets, network.classes, 0.5);
  let loss = 0;
  for (const [i, has] of targets.entries()) loss += lossOf(has === 1 ? probabilities[i]! : 1 - probabilities[i]!);
  return {
    loss: loss / targets.length,
    accuracy: multiLabel.exactMatch,
    predictions: Int32Array.from(probabilities, (probability) => Number(probability > 0.5)),
    labels: Int32Array.from(targets),
    multiLabel,
  };
}

/** Share of each label's images that were recognised as of it; null for a label without images. */
function recalls(examples: readonly Example[], predictions: readonly (readonly number[])[], classes: number) {
  return Array.from({ length: classes }, (_, label) => {
    const own = [...examples.keys()].filter((i) => labelsOf(examples[i]!).includes(label));
    return own.length === 0 ? null : own.filter((i) => predictions[i]!.includes(label)).length / own.length;
  });
}

/** Of what is true and was given that probability, nats. A probability may underflow, and its loss is to stay finite. */
function lossOf(probability: number): number {
  // The smallest normal number of 32 bits.
  return -Math.log(Math.max(probability, 1.2e-38));
}

/** Probabilities of classes that exclude each other, or of each label by itself. */
export function probabilitiesOf(logits: tf.Tensor2D, labels: LabelKind): tf.Tensor2D {
  return labels === 'multi' ? tf.sigmoid(logits) : tf.softmax(logits);
}

/** [examples, classes] */
async function averagedProbabilities(
  network: ImageNetwork,
  examples: readonly Example[],
  name: ViewsName,
  batchSize: number,
): Promise<Float32Array> {
  const { classes, preprocessing } = network;
  const views = viewsOf(name);
  const source = imageSource(examples, { preprocessing, classes, views });
  const sums = new Float32Array(examples.length * classes);
  const step = compileStep((images: tf.Tensor4D) => probabilitiesOf(network.apply(images), labelKindOf(examples)), {
    name: 'probabilities',
  });
  let row = 0;
  try {
    const request = { epoch: 0, batchSize, firstBatch: 0, random: Random.fromSeed('evaluation') };
    for await (const { inputs, shape, labels } of source.batches(request)) {
      // The last batch is filled up with zeros, as another shape would be another trace.
      const padded = new Float32Array((batchSize * inputs.length) / labels.length);
      padded.set(inputs);
      const images = tf.tensor4d(padded, [batchSize, ...shape] as [number, number, number, number]);
      const output = await step.run(images);
      const probabilities = await output.data();
      tf.dispose([images, output]);
      for (let i = 0; i < labels.length; i++, row++) {
        const target = Math.floor(row / views.length) * classes;
        for (let c = 0; c < classes; c++) sums[target + c]! += probabilities[i * classes + c]! / views.length;
      }
    }
  } finally {
    step.dispose();
  }
  return sums;
}

export interface EvaluateRunOptions
  extends Pick<OpenImagesOptions, 'onBroken' | 'onProgress' | 'indexFolder'>,
    Pick<EvaluateImagesOptions, 'views'> {
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
  const { views = 'centre' } = options;
  const record = await readFinishedRecord(folder);
  const kind = record.labels ?? 'single';
  const { network } = await loadNetwork(join(folder, RUN_FILES.model));
  try {
    const dataset = await openImages(data, {
      ...options,
      resize: network.preprocessing.resize,
      seed: record.seed,
      labels: kind === 'single' && !record.classes.some((name) => name.includes(SEPARATOR)) ? undefined : kind,
    });
    if (dataset.labels !== kind)
      throw new UserError(
        `The images of ${data} have several labels each, and the run in ${folder} tells classes apart, of which an image has one.`,
        'Evaluate it on such images, or tune on images with several labels.',
      );
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
    const numberOf = (label: number) => record.classes.indexOf(dataset.classes[label]!);
    const relabelled = chosen.map((example) =>
      example.targets
        ? { ...example, targets: example.targets.map(numberOf) }
        : { ...example, label: numberOf(example.label) },
    );
    return { record, dataset, split, ...(await evaluateImages(network, relabelled, { views })) };
  } finally {
    network.dispose();
  }
}
