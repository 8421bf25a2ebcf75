import { tf } from '@attune/core';
import { beforeAll, expect, it } from 'vitest';
import { useCpuBackend } from '../test/testing.ts';
import { createNetwork } from './catalogue.ts';

beforeAll(useCpuBackend);

it('gives all of one pass, and goes on from the output of any layer', () => {
  const network = createNetwork('shapes_cnn', { classes: 3, seed: 1 });
  const images = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 3], -1, 1, 'float32', 1);
  const { taps, features, logits } = network.run(images, { taps: network.taps });
  expect(Object.keys(taps)).toEqual(network.taps);
  expect(features.dataSync()).toEqual(network.features(images).dataSync());
  expect(logits.dataSync()).toEqual(network.apply(images).dataSync());
  for (const from of network.taps) {
    const map = taps[from] as tf.Tensor4D;
    expect(network.apply(map, { from }).dataSync()).toEqual(logits.dataSync());
    const above = network.taps.slice(network.taps.indexOf(from) + 1);
    const rest = network.tap(map, above, { from });
    expect(Object.keys(rest)).toEqual(above);
    for (const tap of above) expect(rest[tap]!.dataSync()).toEqual(taps[tap]!.dataSync());
  }
  expect(() => network.apply(images, { from: 'blok1' })).toThrow('Did you mean block1');
});

it('lets a published head stand on the last map of a network with another head', () => {
  const options = { seed: 2, size: 63 };
  const source = createNetwork('squeezenet1_0', { ...options, classes: 10, head: 'published' });
  const network = createNetwork('squeezenet1_0', { ...options, classes: 3 });
  const [from] = network.taps.slice(-1) as [string];
  const images = tf.randomUniform<tf.Rank.R4>([2, 63, 63, 3], -100, 100, 'float32', 1);
  const { taps, logits } = network.run(images, { taps: [from] });
  expect(logits.shape).toEqual([2, 3]);
  // One seed: one trunk.
  const outputs = source.apply(images).dataSync();
  expect(Math.max(...outputs)).toBeGreaterThan(0);
  expect(source.apply(taps[from] as tf.Tensor4D, { from }).dataSync()).toEqual(outputs);
});
