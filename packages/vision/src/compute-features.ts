/** Features of a frozen trunk: computed once for each image, then trained on as often as wanted. */
import type { ExampleSource, ImageNetwork, LabelledFeatures } from '@attune/core';
import { compileStep, examplesInMemory, Random, tf } from '@attune/core';
import { imageSource } from './batches.ts';
import { labelKindOf, multiHot } from './dataset/labels.ts';
import type { Example } from './dataset/open.ts';

/** Rows in the order of the examples. */
export interface Features extends LabelledFeatures {
  /** Of examples with several labels, whose `labels` are -1: [count, classes] of 0 and 1. */
  readonly targets?: Float32Array;
}

export interface ComputeFeaturesOptions {
  /** Images a step. Default 16. */
  readonly batchSize?: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const DEFAULT_BATCH_SIZE = 16;

/** The features of each example's centre view, in inference mode. */
export async function computeFeatures(
  network: ImageNetwork,
  examples: readonly Example[],
  { batchSize = DEFAULT_BATCH_SIZE, onProgress }: ComputeFeaturesOptions = {},
): Promise<Features> {
  const { preprocessing, classes, featureSize: size } = network;
  const values = new Float32Array(examples.length * size);
  const step = compileStep((images: tf.Tensor4D) => network.features(images), { name: 'features' });
  // Frozen for the time being: a captured step folds frozen variables into its graph.
  const variables = [...network.parameters.values()].map(({ variable }) => ({
    variable,
    trainable: variable.trainable,
  }));
  for (const { variable } of variables) variable.trainable = false;
  try {
    const source = imageSource(examples, { preprocessing, classes });
    let done = 0;
    const request = { epoch: 0, batchSize, firstBatch: 0, random: Random.fromSeed('features') };
    for await (const { inputs, shape, labels } of source.batches(request)) {
      const [height, width, channels] = shape as [number, number, number];
      // The last batch is filled up with zeros, as another shape would be another trace.
      const padded = new Float32Array(batchSize * height * width * channels);
      padded.set(inputs);
      const images = tf.tensor4d(padded, [batchSize, height, width, channels]);
      const features = await step.run(images);
      values.set((await features.data()).subarray(0, labels.length * size), done * size);
      tf.dispose([images, features]);
      done += labels.length;
      onProgress?.(done, examples.length);
    }
  } finally {
    step.dispose();
    for (const { variable, trainable } of variables) variable.trainable = trainable;
  }
  return labelledFeatures(values, network, examples);
}

/** Features beside the labels of the examples that they are of. */
export function labelledFeatures(
  values: Float32Array,
  { featureSize: size, classes }: Pick<ImageNetwork, 'featureSize' | 'classes'>,
  examples: readonly Example[],
): Features {
  return {
    values,
    size,
    labels: Int32Array.from(examples, ({ label }) => label),
    ...(labelKindOf(examples) === 'multi' ? { targets: multiHot(examples, classes) } : {}),
  };
}

/** Features as a source for `fit` with `forward: 'head'`. */
export function featureSource(
  { values, size, labels, targets }: Features,
  shuffle: boolean | 'balanced',
): ExampleSource {
  return examplesInMemory({ inputs: values, shape: [size], labels, ...(targets ? { targets } : {}), shuffle });
}
