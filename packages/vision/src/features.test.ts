/** Cached features are the network's features, found again under the same key, and made anew when anything differs. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageNetwork } from '@attune/core';
import { selectBackend, tf } from '@attune/core';
import { createNetwork } from '@attune/zoo';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder, writeTwoColours } from '../test/pictures.ts';
import { computeFeatures, type Features } from './compute-features.ts';
import type { Example } from './dataset/open.ts';
import { openImages } from './dataset/open.ts';
import { cachedFeatures } from './features.ts';
import { calmNewHead, measureScale, standardise, unstandardiseHead } from './standardise.ts';

await selectBackend({ prefer: 'cpu' });

let folder: string;
let network: ImageNetwork;
let examples: readonly Example[];
beforeEach(async () => {
  folder = await temporaryFolder();
  await writeTwoColours(join(folder, 'data'), 4);
  network = createNetwork('shapes_cnn', { classes: 2, seed: 1, size: 8 });
  examples = (await openImages(join(folder, 'data'), { resize: 8, shares: { validation: 0, test: 0 } })).splits.train;
});
afterEach(async () => {
  network.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('computeFeatures', () => {
  it('gives what the network gives, whatever the batch size, and leaves no trace', async () => {
    const frozen = network.parameters.get('block1.conv1.weight')!.variable;
    frozen.trainable = false;
    const before = tf.memory().numTensors;
    const { values, size, labels } = await computeFeatures(network, examples, { batchSize: 3 });
    expect(tf.memory().numTensors).toBe(before);
    expect(frozen.trainable).toBe(false);
    expect(network.parameters.get('conv1.weight')!.variable.trainable).toBe(true);
    expect([...labels]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(values).toHaveLength(8 * size);
    const whole = await computeFeatures(network, examples, { batchSize: 8 });
    whole.values.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 4);
    });
    expect(new Set(values.slice(0, size)).size).toBeGreaterThan(2);
  });
});

describe('cachedFeatures', () => {
  it('finds features again, and makes them anew when the weights, the data or the images differ', async () => {
    const cacheFolder = join(folder, 'cache');
    let computed = 0;
    const get = (some: readonly Example[] = examples, fingerprint = 'abc') =>
      cachedFeatures(network, some, {
        cacheFolder,
        fingerprint,
        onProgress: (done) => void (computed += done === some.length ? 1 : 0),
      });
    const first = await get();
    expect(await get()).toEqual(first);
    expect(computed).toBe(1);
    await get(examples, 'abd');
    await get(examples.slice(1));
    expect(computed).toBe(3);
    network.resetHead(5, 9); // the head is no part of the features
    await get();
    expect(computed).toBe(3);
    const { variable } = network.parameters.get('conv1.bn.running_mean')!;
    variable.assign(tf.add(variable, 1));
    await get();
    expect(computed).toBe(4);
  });

  it('makes damaged features anew', async () => {
    const cacheFolder = join(folder, 'cache');
    const options = { cacheFolder, fingerprint: 'abc' };
    const first = await cachedFeatures(network, examples, options);
    const [file] = await readdir(cacheFolder);
    await writeFile(join(cacheFolder, file!), 'damaged');
    expect(await cachedFeatures(network, examples, options)).toEqual(first);
  });
});

describe('standardised features', () => {
  const features: Features = {
    size: 3,
    values: Float32Array.of(1, 100, 7, 3, 300, 7, 5, 500, 7),
    labels: Int32Array.of(0, 1, 1),
  };

  it('have mean 0 and deviation 1, and what never varies stays finite', () => {
    const { values } = standardise(features, measureScale(features));
    const unit = Math.sqrt(1.5);
    expect([...values]).toEqual([-unit, -unit, 0, 0, 0, 0, unit, unit, 0].map((v) => expect.closeTo(v, 4)));
  });

  it('can be trained on, as the head is rewritten for the features themselves', async () => {
    const [one, other] = [
      await computeFeatures(network, examples),
      createNetwork('shapes_cnn', { classes: 2, seed: 3 }),
    ];
    const scale = measureScale(one);
    const tensor = (some: Features) => tf.tensor2d(some.values, [8, some.size]);
    const wanted = network.head(tensor(standardise(one, scale))).dataSync();
    unstandardiseHead(network, scale);
    const got = network.head(tensor(one)).dataSync();
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 3);
    });
    other.dispose();
  });
});

describe('calmNewHead', () => {
  it('gives logits for large features what they are for features of size 1, and leaves others alone', () => {
    const weight = network.parameters.get('head.weight')!.variable;
    const size = network.featureSize;
    const features = (scale: number): Features => ({
      values: Float32Array.from({ length: 2 * size }, (_, i) => (i % 2 === 0 ? scale : -scale)),
      size,
      labels: Int32Array.of(0, 1),
    });
    const before = weight.dataSync().slice();
    calmNewHead(network, features(3));
    expect(weight.dataSync()).toEqual(before);
    calmNewHead(network, features(20));
    weight.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(before[i]! / 20, 6);
    });
  });
});
