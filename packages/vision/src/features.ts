/**
 * Features of a frozen trunk: computed once for each image, then trained on as often as wanted. They are kept on disk
 * under a key of everything that they depend on, so that another plan on the same data finds them there.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExampleSource, Network } from '@attune/core';
import { compileStep, examplesInMemory, Random, readSafetensors, tf, writeSafetensors } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { imageSource } from './batches.ts';
import type { Example } from './dataset/open.ts';

export interface Features {
  /** [count, size], row after row, in the order of the examples. */
  readonly values: Float32Array;
  readonly size: number;
  readonly labels: Int32Array;
}

export interface ComputeFeaturesOptions {
  /** Images a step. Default 16. */
  readonly batchSize?: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const DEFAULT_BATCH_SIZE = 16;

/** The features of each example's centre view, in inference mode. */
export async function computeFeatures(
  network: Network,
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
  return { values, size, labels: Int32Array.from(examples, ({ label }) => label) };
}

export interface CachedFeaturesOptions extends ComputeFeaturesOptions {
  /** Where features are kept; undefined: they are computed anew. */
  readonly cacheFolder?: string | undefined;
  /** Fingerprint of the data set that the examples are of. */
  readonly fingerprint: string;
}

/** As `computeFeatures`, unless the cache has them. A cache that cannot be read or written is done without. */
export async function cachedFeatures(
  network: Network,
  examples: readonly Example[],
  options: CachedFeaturesOptions,
): Promise<Features> {
  const { cacheFolder, fingerprint } = options;
  if (cacheFolder === undefined || examples.length === 0) return computeFeatures(network, examples, options);
  const file = join(cacheFolder, `${await featuresKey(network, examples, fingerprint)}.safetensors`);
  const labels = Int32Array.from(examples, ({ label }) => label);
  const size = network.featureSize;
  const kept = await readKept(file, examples.length, size);
  if (kept !== undefined) return { values: kept, size, labels };
  const features = await computeFeatures(network, examples, options);
  const tensor = { shape: [examples.length, size], data: features.values };
  await writeFileAtomic(file, writeSafetensors([['features', tensor]])).catch(() => {});
  return features;
}

/** Features as a source for `fit` with `forward: 'head'`. */
export function featureSource({ values, size, labels }: Features, shuffle: boolean): ExampleSource {
  return examplesInMemory({ inputs: values, shape: [size], labels, shuffle });
}

/** SHA-256, hex, of what features depend on: the trunk's values, the preprocessing, the data, and which images of it. */
export async function featuresKey(
  network: Network,
  examples: readonly Example[],
  fingerprint: string,
): Promise<string> {
  const head = new Set(network.layerGroups.at(-1)!.parameters);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([network.name, network.featureSize, network.preprocessing, fingerprint]));
  for (const { name } of examples) hash.update(`${JSON.stringify(name)}\n`);
  for (const { name, variable } of network.parameters.values()) {
    if (head.has(name)) continue;
    const values = (await variable.data()) as Float32Array;
    hash
      .update(`${name} ${variable.shape.join('x')}\n`)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

async function readKept(file: string, count: number, size: number): Promise<Float32Array | undefined> {
  try {
    const features = readSafetensors(await readFile(file), file).tensors.get('features');
    if (features?.shape.join() === `${count},${size}` && features.data instanceof Float32Array) return features.data;
  } catch {
    // Missing, or damaged: it is made anew.
  }
  return undefined;
}
