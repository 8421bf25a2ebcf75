/** One parametrised test of the protocol over every network of the catalogue, and what bad requests get. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageNetwork } from '@attune/core';
import { tf, UserError } from '@attune/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend, wavy } from '../test/testing.ts';
import { catalogue, createNetwork } from './catalogue.ts';
import { loadNetwork, saveNetwork } from './files.ts';

let folder: string;
beforeAll(async () => {
  await useCpuBackend();
  folder = await mkdtemp(join(tmpdir(), 'zoo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Parameters with a head of 3 classes at the smallest input: the published counts, statistics included, less their own head. */
const PARAMETER_COUNTS: Record<string, number> = {
  squeezenet1_0: 735_424 + 513 * 3,
  mobilenet_v2_035: 410_208 + 1281 * 3,
  mobilenet_v2_050: 706_224 + 1281 * 3,
  mobilenet_v2_075: 1_382_064 + 1281 * 3,
  mobilenet_v2_100: 2_257_984 + 1281 * 3,
  mobilenet_v2_130: 3_766_048 + 1665 * 3,
  mobilenet_v2_140: 4_363_712 + 1793 * 3,
  resnet18: 11_689_512 - 513_000 + 9_600 + 513 * 3,
  resnet34: 21_797_672 - 513_000 + 17_024 + 513 * 3,
  resnet50: 25_557_032 - 2_049_000 + 53_120 + 2049 * 3,
  vgg16: 14_714_688 + (512 * 4096 + 4096) + (4096 * 4096 + 4096) + 4097 * 3,
  // Keras's count, whose normalisations have no scale, and the 17,216 scales.
  inception_v3: 21_802_784 + 17_216 + 2049 * 3,
};

describe.each([...catalogue.values()].map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  let network: ImageNetwork | undefined;
  afterEach(() => {
    network?.dispose();
    network = undefined;
  });
  const size = entry.minimumSize;
  const build = (classes: number, seed = 1) => createNetwork(name, { classes, seed, size });

  it('keeps the protocol', async () => {
    network = build(3);
    const images = wavy<tf.Rank.R4>([2, size, size, 3]);

    expect(network.name).toBe(name);
    expect(network.classes).toBe(3);
    expect(network.preprocessing.size).toBe(size);
    expect(network.preprocessing.mean).toHaveLength(3);

    // Parameters: unique names, every one in exactly one group, the head last.
    const grouped = network.layerGroups.flatMap((group) => group.parameters);
    expect([...grouped].sort()).toEqual([...network.parameters.keys()].sort());
    expect(new Set(grouped).size).toBe(grouped.length);
    expect(network.layerGroups.at(-1)).toEqual({ name: 'head', parameters: ['head.weight', 'head.bias'] });
    for (const { variable } of network.parameters.values()) expect(variable.trainable).toBe(true);
    const count = [...network.parameters.values()].reduce((sum, { variable }) => sum + variable.size, 0);
    if (name in PARAMETER_COUNTS) expect(count).toBe(PARAMETER_COUNTS[name]);

    // Features and head are the two halves of apply.
    const before = tf.memory().numTensors;
    const features = network.features(images);
    expect(features.shape).toEqual([2, network.featureSize]);
    const logits = network.head(features);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(logits.shape).toEqual([2, 3]);
    const values = await logits.data();
    expect(values.every(Number.isFinite)).toBe(true);
    expect(new Set(values).size).toBe(6);
    const whole = network.apply(images);
    expect(await whole.data()).toEqual(values);

    // Taps: the last one is what features are made of, so the first is enough to see that names work.
    const first = network.taps[0]!;
    const tapped = network.tap(images, [first]);
    expect(Object.keys(tapped)).toEqual([first]);
    expect(tapped[first]!.shape[0]).toBe(2);
    expect(() => network!.tap(images, [`${first}x`])).toThrow(UserError);
    expect(() => network!.tap(images, [`${first}x`])).toThrow(first);
    tf.dispose([images, features, logits, whole, tapped]);
  });

  it('gets a new head, and survives a file', async () => {
    network = build(3);
    const others = network.parameters.size - 2;
    const oldHead = network.parameters.get('head.weight')!.variable;
    network.resetHead(5, 7);
    expect(oldHead.isDisposed).toBe(true);
    expect(network.classes).toBe(5);
    expect(network.parameters.size).toBe(others + 2);
    const weight = network.parameters.get('head.weight')!.variable;
    expect(weight.shape).toEqual([network.featureSize, 5]);

    const file = join(folder, `${name}.safetensors`);
    const labels = ['a', 'b', 'c', 'd', 'e'];
    await saveNetwork(network, file, labels);
    const loaded = await loadNetwork(file);
    await rm(file);
    try {
      expect(loaded.labels).toEqual(labels);
      expect(loaded.network.name).toBe(name);
      expect(loaded.network.preprocessing).toEqual(network.preprocessing);
      for (const { name: parameter, variable } of network.parameters.values()) {
        const twin = loaded.network.parameters.get(parameter)!.variable;
        expect(twin.shape).toEqual(variable.shape);
        const [a, b] = [Buffer.from((await variable.data()).buffer), Buffer.from((await twin.data()).buffer)];
        expect(a.equals(b), parameter).toBe(true);
      }
    } finally {
      loaded.network.dispose();
    }
  });
});

describe('createNetwork', () => {
  it('draws the same weights from the same seed, and a head of one seed is the same wherever it comes from', async () => {
    const options = { classes: 4, size: 32 };
    const networks = [3, 3, 4].map((seed) => createNetwork('shapes_cnn', { ...options, seed }));
    const [a, b, other] = await Promise.all(
      networks.map((network) => network.parameters.get('block2.conv1.weight')!.variable.data()),
    );
    expect(a).toEqual(b);
    expect(a).not.toEqual(other);
    networks[2]!.resetHead(4, 3);
    const heads = await Promise.all(networks.map((network) => network.parameters.get('head.weight')!.variable.data()));
    expect(heads[2]).toEqual(heads[0]);
    for (const network of networks) network.dispose();
  });

  it('shows the nearest names for one it does not know', () => {
    expect(() => createNetwork('squeezenet', { classes: 2 })).toThrow(/no network 'squeezenet'.*squeezenet1_0/);
  });

  it.each([
    ['shapes_cnn', { classes: 0 }, /0 classes/],
    ['shapes_cnn', { classes: 2.5 }, /2.5 classes/],
    ['inception_v3', { classes: 2, size: 64 }, /64 x 64 px/],
    ['vgg16', { classes: 2, size: 100 }, /multiple of 32/],
    ['resnet18', { classes: 2, size: Number.NaN }, /NaN x NaN/],
  ])('refuses %s with %o', (name, options, message) => {
    const before = tf.memory().numTensors;
    expect(() => createNetwork(name, options)).toThrow(UserError);
    expect(() => createNetwork(name, options)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});
