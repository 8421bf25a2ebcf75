/** Features at several depths of a network, of one pass over the images: each layer's map, averaged over its places. */
import type { ImageNetwork, LabelledFeatures } from '@attune/core';
import { compileStep, Random, tapShapes, tf } from '@attune/core';
import { imageSource } from '../batches.ts';
import type { Example } from '../dataset/open.ts';

export interface TapFeaturesOptions {
  /** Names of the layers. Default: all. */
  readonly taps?: readonly string[];
  /** Images a step. Default 16. */
  readonly batchSize?: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Features of each example's centre view at each of the layers, in the order of depth. */
export async function tapFeatures(
  network: ImageNetwork,
  examples: readonly Example[],
  { taps = network.taps, batchSize = 16, onProgress }: TapFeaturesOptions = {},
): Promise<Map<string, LabelledFeatures>> {
  const shapes = tapShapes(network, taps);
  const labels = Int32Array.from(examples, ({ label }) => label);
  const features = new Map<string, LabelledFeatures>();
  for (const tap of network.taps.filter((name) => taps.includes(name))) {
    const size = shapes[tap]!.at(-1)!;
    features.set(tap, { values: new Float32Array(size * examples.length), size, labels });
  }
  await inInference(network, async () => {
    const step = compileStep(
      (images: tf.Tensor4D) => {
        const maps = network.tap(images, [...features.keys()]);
        return Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, tf.mean(map, [1, 2])]));
      },
      { name: 'taps' },
    );
    try {
      let done = 0;
      for await (const { images, count } of imageBatches(network, examples, batchSize)) {
        const outputs = await step.run(images);
        for (const [tap, { values, size }] of features)
          values.set((await outputs[tap]!.data()).subarray(0, count * size), done * size);
        tf.dispose([images, outputs]);
        done += count;
        onProgress?.(done, examples.length);
      }
    } finally {
      step.dispose();
    }
  });
  return features;
}

/** Runs `work` with every parameter frozen, so that a captured step folds them into its graph; then as it was. */
async function inInference(network: ImageNetwork, work: () => Promise<void>): Promise<void> {
  const variables = [...network.parameters.values()].map(({ variable }) => variable);
  const trainable = variables.map((variable) => variable.trainable);
  for (const variable of variables) variable.trainable = false;
  try {
    await work();
  } finally {
    variables.forEach((variable, i) => {
      variable.trainable = trainable[i]!;
    });
  }
}

/** Centre views of the examples, in order, as batches of one shape: the last is filled up with zeros. */
export async function* imageBatches(
  network: ImageNetwork,
  examples: readonly Example[],
  batchSize: number,
): AsyncGenerator<{ images: tf.Tensor4D; count: number }> {
  const { preprocessing, classes } = network;
  const source = imageSource(examples, { preprocessing, classes });
  const request = { epoch: 0, batchSize, firstBatch: 0, random: Random.fromSeed('features') };
  for await (const { inputs, shape, labels } of source.batches(request)) {
    const [height, width, channels] = shape as [number, number, number];
    const padded = new Float32Array(batchSize * height * width * channels);
    padded.set(inputs);
    yield { images: tf.tensor4d(padded, [batchSize, height, width, channels]), count: labels.length };
  }
}
