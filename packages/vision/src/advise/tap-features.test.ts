import { type ImageNetwork, selectBackend, tf } from '@attune/core';
import { createNetwork } from '@attune/zoo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawnExamples } from '../../test/drawn-examples.ts';
import { imageBatches, tapFeatures } from './tap-features.ts';

await selectBackend({ prefer: 'cpu' });

describe('features at several depths', () => {
  let network: ImageNetwork;
  beforeAll(() => {
    network = createNetwork('shapes_cnn', { classes: 3, seed: 1, size: 16 });
  });
  afterAll(() => network.dispose());
  const examples = drawnExamples([2, 3, 2]);

  it('are means of the maps, whatever the batches, in the order of depth', async () => {
    const seen: number[] = [];
    const features = await tapFeatures(network, examples, {
      taps: ['block3', 'conv1'],
      batchSize: 3,
      onProgress: (done) => seen.push(done),
    });
    expect([...features.keys()]).toEqual(['conv1', 'block3']);
    expect(seen).toEqual([3, 6, 7]);
    for (const [i, example] of examples.entries()) {
      const { data } = await example.pixels();
      const image = tf.tensor4d(
        Float32Array.from(data, (value) => (value - 127.5) / 64),
        [1, 16, 16, 3],
      );
      const maps = network.tap(image, ['conv1', 'block3']);
      for (const [tap, { values, size, labels }] of features) {
        const [, height, width, channels] = maps[tap]!.shape as [number, number, number, number];
        expect(size).toBe(channels);
        expect(labels[i]).toBe(example.label);
        const map = await maps[tap]!.data();
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let place = 0; place < height * width; place++) sum += map[place * channels + c]!;
          expect(values[i * size + c]).toBeCloseTo(sum / (height * width), 4);
        }
      }
      tf.dispose([image, maps]);
    }
  });

  it('are those of all layers when nothing is said; the top ones are what the head sees', async () => {
    const features = await tapFeatures(network, examples.slice(0, 2));
    expect([...features.keys()]).toEqual(network.taps);
    for await (const { images, count } of imageBatches(network, examples.slice(0, 2), 2)) {
      expect(count).toBe(2);
      const seen = network.features(images);
      const top = features.get('block3')!.values;
      for (const [i, value] of (await seen.data()).entries()) expect(top[i]).toBeCloseTo(value, 4);
      tf.dispose([images, seen]);
    }
  });

  it('leave nothing behind, and the parameters as they were', async () => {
    const variables = [...network.parameters.values()].map(({ variable }) => variable);
    variables[0]!.trainable = false;
    const before = variables.map(({ trainable }) => trainable);
    const tensors = tf.memory().numTensors;
    await tapFeatures(network, examples, { taps: ['block1'] });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(variables.map(({ trainable }) => trainable)).toEqual(before);
    await expect(tapFeatures(network, examples, { taps: ['blok1'] })).rejects.toThrow("no layer called 'blok1'");
    variables[0]!.trainable = true;
  });
});
