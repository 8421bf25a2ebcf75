/** What plans add, on the networks of the catalogue: small ones, with weights drawn from a seed. */
import type { Added, ImageNetwork } from '@attune/core';
import { defaultStitches, tapShapes, tf, UserError } from '@attune/core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useCpuBackend, wavy } from '../test/testing.ts';
import { createNetwork } from './catalogue.ts';
import { extendNetwork } from './extend.ts';

beforeAll(useCpuBackend);

let tensors: number;
beforeEach(() => {
  tensors = tf.memory().numTensors;
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
  // Variables are in no scope: each test disposes of its networks, and refusals leave nothing behind.
  expect(tf.memory().numTensors).toBe(tensors);
});

const shapes = (size = 16) => createNetwork('shapes_cnn', { classes: 3, seed: 1, size });
const images = (network: ImageNetwork) =>
  wavy<tf.Rank.R4>([2, network.preprocessing.size, network.preprocessing.size, 3]);
const numbers = (x: tf.Tensor) => [...x.dataSync()];
const extend = (network: ImageNetwork, added: Omit<Added, 'head'>) =>
  extendNetwork(network, { head: 'new', ...added }, 1);
/** The sides of a network's maps, by layer. */
const sides = (network: ImageNetwork, taps: readonly string[]) =>
  Object.values(tapShapes(network, taps)).map(([rows]) => rows);

/** Refused with a message, and the network as it was. */
function refused(network: ImageNetwork, added: Omit<Added, 'head'>, message: string): void {
  const before = [...network.parameters.keys()];
  expect(() => extend(network, added)).toThrow(UserError);
  expect(() => extend(network, added)).toThrow(message);
  expect([...network.parameters.keys()]).toEqual(before);
  network.dispose();
}

describe('a cut', () => {
  it.each([
    ['shapes_cnn', 'block1', 16],
    ['shapes_cnn', 'block3', 16],
    ['squeezenet1_0', 'fire4', 35],
    ['mobilenet_v2_035', 'block5', 32],
  ])('%s at %s: the new head stands on the average of that layer', (name, tap, size) => {
    const network = createNetwork(name, { classes: 3, seed: 1, size });
    const x = images(network);
    const whole = network.tap(x, [tap])[tap] as tf.Tensor4D;
    const pooled = numbers(tf.mean(whole, [1, 2]));
    extend(network, { cut: tap });
    expect(network.taps.at(-1)).toBe(tap);
    expect(network.featureSize).toBe(whole.shape[3]);
    const features = network.features(x);
    expect(numbers(features)).toEqual(pooled);
    const [weight, bias] = ['head.weight', 'head.bias'].map((part) => network.parameters.get(part)!.variable);
    const wanted = tf.add(tf.matMul(features, weight as tf.Variable<tf.Rank.R2>), bias!);
    expect(numbers(network.apply(x))).toEqual(numbers(wanted));
    expect(network.classes).toBe(3);
    network.dispose();
  });

  it('disposes of what is above, and leaves the groups in order', () => {
    const network = shapes();
    const above = [...network.parameters.values()].filter(({ name }) => /^block[23]/.test(name));
    extend(network, { cut: 'block1' });
    expect(above.length).toBeGreaterThan(0);
    expect(above.every(({ variable }) => variable.isDisposed)).toBe(true);
    expect(network.layerGroups.map(({ name }) => name)).toEqual(['conv1', 'block1', 'head']);
    expect([...network.parameters.keys()].some((name) => name.startsWith('block2'))).toBe(false);
    network.dispose();
  });

  it('within a group keeps the part below it', () => {
    const network = createNetwork('mobilenet_v2_035', { classes: 3, seed: 1, size: 32 });
    const group = network.layerGroups.find(({ parameters }) => parameters.some((name) => name.startsWith('block4.')))!;
    extend(network, { cut: 'block4' });
    const kept = network.layerGroups.at(-2)!;
    expect(kept.name).toBe(group.name);
    expect(kept.parameters.length).toBeLessThan(group.parameters.length);
    network.dispose();
  });

  it('refuses a layer that is not there, with the nearest', () => {
    refused(shapes(), { cut: 'blok2' }, "shapes_cnn has no layer called 'blok2'. Did you mean block2");
  });

  it('comes before all that is added', () => {
    const network = shapes();
    extend(network, { adapters: { reduction: 4 } });
    expect(() => network.cutAt('block1', 0)).toThrow('is cut before anything is added to it');
    network.dispose();
  });
});

describe('LoRA', () => {
  it('adapts every convolution but depthwise ones', () => {
    const network = createNetwork('mobilenet_v2_035', { classes: 3, seed: 1, size: 32 });
    const before = numbers(network.apply(images(network)));
    const { lora } = extend(network, { lora: { rank: 4, alpha: 8 } });
    const adapted = network.layerGroups.at(-2)!.parameters;
    expect(adapted).toContain('block3.expand.weight.lora_a');
    expect(adapted.some((name) => name.includes('depthwise'))).toBe(false);
    expect(numbers(network.apply(images(network)))).toEqual(before);
    lora!.mergeAndRemove();
    expect(numbers(network.apply(images(network)))).toEqual(before);
    network.dispose();
  });

  it('on a depthwise kernel is low-rank over positions and channels, the same merged', () => {
    const network = createNetwork('mobilenet_v2_035', { classes: 3, seed: 1, size: 32 });
    const targets = ['block3.depthwise.*'];
    const { lora } = extend(network, { lora: { rank: 2, alpha: 2, targets } });
    const channels = network.parameters.get('block3.depthwise.weight')!.variable.shape[2]!;
    const b = network.parameters.get('block3.depthwise.weight.lora_b')!.variable;
    expect(network.parameters.get('block3.depthwise.weight.lora_a')!.variable.shape).toEqual([9, 2]);
    expect(b.shape).toEqual([2, channels]);
    const source = numbers(network.apply(images(network)));
    b.assign(tf.mul(wavy(b.shape as [number, number]), 5));
    const unmerged = numbers(network.apply(images(network)));
    lora!.mergeAndRemove();
    const merged = numbers(network.apply(images(network)));
    expect(merged).toEqual(unmerged.map((value) => expect.closeTo(value, 4)));
    expect(Math.max(...merged.map((value, i) => Math.abs(value - source[i]!)))).toBeGreaterThan(1e-3);
    network.dispose();
  });

  it('refuses a rank above a layer, and targets that are none', () => {
    const message =
      'LoRA of rank 17 is wider than conv1.weight of shapes_cnn, which is 27 x 16. Take a rank of at most 16';
    refused(shapes(), { lora: { rank: 17, alpha: 1 } }, message);
    refused(
      shapes(),
      { lora: { rank: 1, alpha: 1, targets: ['blok*'] } },
      "matches 'blok*'. Its weights are, for example, conv1.weight",
    );
  });

  it('leaves adapters and modules alone, and can be merged beneath a module', () => {
    const { network, lora } = extend(shapes(), {
      adapters: { reduction: 4 },
      lora: { rank: 2, alpha: 4 },
      module: { width: 4 },
    });
    const names = network.layerGroups.find(({ name }) => name === 'lora')!.parameters;
    expect(names.some((name) => /adapter|module/.test(name))).toBe(false);
    const before = numbers(network.apply(images(network)));
    lora!.mergeAndRemove();
    expect(numbers(network.apply(images(network)))).toEqual(before);
    expect(network.layerGroups.map(({ name }) => name)).toEqual([
      'conv1',
      'block1',
      'block2',
      'block3',
      'adapters',
      'module',
      'head',
    ]);
    expect([...network.parameters.values()].every(({ variable }) => !variable.isDisposed)).toBe(true);
    network.dispose();
  });
});

describe('adapters', () => {
  it('are of the layers that are named, as narrow as is said', () => {
    const network = shapes();
    const before = numbers(network.apply(images(network)));
    extend(network, { adapters: { reduction: 4, after: ['block3', 'conv1'] } });
    const shape = (name: string) => network.parameters.get(name)!.variable.shape;
    // 96 / 4, and 16 / 4.
    expect(shape('block3.adapter.down.weight')).toEqual([96, 24]);
    expect(shape('conv1.adapter.up.weight')).toEqual([4, 16]);
    expect(network.layerGroups.at(-2)!.parameters).toHaveLength(8);
    expect(numbers(network.apply(images(network)))).toEqual(before);
    network.dispose();
  });

  it('are at least 4 and at most 64 wide', () => {
    const network = createNetwork('squeezenet1_0', { classes: 2, size: 35 });
    extend(network, { adapters: { reduction: 2, after: ['fire9'] } });
    expect(network.parameters.get('fire9.adapter.down.bias')!.variable.size).toBe(64);
    network.dispose();
    const narrow = shapes();
    extend(narrow, { adapters: { reduction: 1000 } });
    expect(narrow.parameters.get('block1.adapter.down.bias')!.variable.size).toBe(4);
    narrow.dispose();
  });

  it('refuse a layer that is not there, with the nearest', () => {
    refused(
      shapes(),
      { adapters: { reduction: 4, after: ['conv2'] } },
      "has no layer called 'conv2'. Did you mean conv1",
    );
  });
});

describe('a module', () => {
  it("stands beside the network: features are the network's, then its own", () => {
    const network = shapes();
    const x = images(network);
    const own = network.features(x).arraySync();
    const extended = extend(network, { module: { width: 4 } }).network;
    expect(defaultStitches(network)).toEqual(['conv1', 'block1', 'block2']);
    // Four stages: 4, 8, 16, then 8 x 4.
    expect(extended.featureSize).toBe(96 + 32);
    const features = extended.features(x).arraySync();
    expect(features.map((row) => row.slice(0, 96))).toEqual(own);
    expect(extended.parameters.get('module1.conv1.weight')!.variable.shape).toEqual([3, 3, 16 + 4, 8]);
    expect(extended.parameters.get('head.weight')!.variable.shape).toEqual([128, 3]);
    extended.dispose();
  });

  it('of the same seed is the same, of another it is not', () => {
    const weights = [1, 1, 2].map((seed) => {
      const { network } = extendNetwork(shapes(), { head: 'new', module: { width: 2 } }, seed);
      const values = ['module0.conv1.weight', 'head.weight'].map((name) =>
        numbers(network.parameters.get(name)!.variable),
      );
      network.dispose();
      return values;
    });
    expect(weights[0]).toEqual(weights[1]);
    expect(weights[0]![0]).not.toEqual(weights[2]![0]);
    expect(weights[0]![1]).not.toEqual(weights[2]![1]);
  });

  it('meets maps whose sides are no halves of each other, at the nearest resolution', () => {
    const network = createNetwork('squeezenet1_0', { classes: 2, seed: 1, size: 35 });
    const stitches = defaultStitches(network);
    // Of 35 px: 15 without padding, then poolings that round up.
    expect(sides(network, stitches)).toEqual([15, 7, 3, 1]);
    const x = images(network);
    const extended = extend(network, { module: { width: 2 } }).network;
    expect(numbers(extended.apply(x)).every(Number.isFinite)).toBe(true);
    const convolutions = [...extended.parameters.keys()].filter((name) => /^module\d\.conv\d\.weight$/.test(name));
    // 35 to 18 (for 15), 15 to 8 (for 7), 7 to 4 (for 3), 3 to 2 to 1, and the last at 1.
    expect(convolutions).toEqual([0, 1, 2, 3, 3, 4].map((stage, i) => `module${stage}.conv${i === 4 ? 2 : 1}.weight`));
    extended.dispose();
  });

  it('gives gradients through a resized map', () => {
    const network = createNetwork('squeezenet1_0', { classes: 2, seed: 1, size: 35 });
    const x = images(network);
    const extended = extend(network, { module: { width: 2, stitches: ['conv1'] } }).network;
    const first = extended.parameters.get('module0.conv1.weight')!.variable;
    const loss = () => tf.sum(tf.square(extended.apply(x, { training: true }))) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, [first]);
    expect(Math.max(...numbers(tf.abs(grads[first.name]!)))).toBeGreaterThan(0);
    extended.dispose();
  });

  it('refuses stitches that are not there or out of order', () => {
    refused(
      shapes(),
      { module: { width: 2, stitches: ['blok1'] } },
      "has no layer called 'blok1'. Did you mean block1",
    );
    refused(
      shapes(),
      { module: { width: 2, stitches: ['block2', 'block1'] } },
      'Stitches must be layers in the order of depth, and are: block2, block1. The layers of shapes_cnn are, from the input: conv1, block1, block2, block3.',
    );
  });

  it('stands on a cut network too', () => {
    const { network } = extend(shapes(), { cut: 'block2', module: { width: 2, stitches: ['block1', 'block2'] } });
    expect(network.featureSize).toBe(48 + 8);
    expect(network.taps).toEqual(['conv1', 'block1', 'block2']);
    network.dispose();
  });
});
