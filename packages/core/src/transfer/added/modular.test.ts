import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../../test/tiny-network.ts';
import { toySource } from '../../../test/toy-task.ts';
import type { Parameter } from '../../network.ts';
import { tf } from '../../tensorflow.ts';
import { fit } from '../../train/fit.ts';
import { namedPlan } from '../named-plans.ts';
import { Lora } from './lora.ts';
import { ModularNetwork, type ModuleBuilder } from './modular.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const CHANNELS = 2;

/** Stages of 1 x 1 convolutions, all weights 0.1: the tiny network keeps its resolution. */
const build: ModuleBuilder = ({ number, from }) => {
  const variable = tf.tidy(() => tf.variable(tf.fill([1, 1, from.at(-1)!, CHANNELS], 0.1)));
  const weight: Parameter = { name: `module${number}.weight`, role: 'weight', variable };
  return {
    parameters: [weight],
    channels: CHANNELS,
    apply: (x) => tf.relu(tf.conv2d(x as tf.Tensor4D, weight.variable as tf.Variable<tf.Rank.R4>, 1, 'same')),
  };
};

const modular = (pretrained = new TinyNetwork(5, 0)) => new ModularNetwork(pretrained, ['stem'], build, 3, 1);
const images = () => tf.randomUniform([2, 4, 4, 3], -1, 1, 'float32', 7) as tf.Tensor4D;
const rows = (x: tf.Tensor) => x.arraySync() as number[][];

describe('ModularNetwork', () => {
  it("has the pre-trained network's features, then the module's (by hand)", () => {
    const pretrained = new TinyNetwork(5, 0);
    const x = images();
    const own = rows(pretrained.features(x));
    const stem = pretrained.tap(x, ['stem']).stem!;
    const network = modular(pretrained);
    const features = rows(network.features(x));
    expect(network.featureSize).toBe(6 + CHANNELS);
    expect(features.map((row) => row.slice(0, 6))).toEqual(own);
    // 0.1 of all channels, through a ReLU; then 0.1 of both of those and of the four of the stem.
    const first = tf.relu(tf.mul(tf.sum(x, 3, true), 0.1));
    const second = tf.relu(tf.mul(tf.add(tf.mul(first, 2), tf.sum(stem, 3, true)), 0.1));
    const averages = [...tf.mean(second, [1, 2, 3]).dataSync()];
    features.forEach((row, i) => {
      expect(row.slice(6)).toEqual([0, 1].map(() => expect.closeTo(averages[i]!, 5)));
    });
    expect(rows(network.apply(x))).toEqual(rows(network.head(network.features(x))));
    const all = network.run(x, { taps: ['stem'] });
    expect(rows(all.logits)).toEqual(rows(network.apply(x)));
    expect([...all.taps.stem!.dataSync()]).toEqual([...stem.dataSync()]);
  });

  it('lets nothing flow back: the pre-trained side does not depend on the module', () => {
    const network = modular();
    const x = images();
    const before = rows(network.features(x));
    for (const name of ['module0.weight', 'module1.weight'])
      network.parameters.get(name)!.variable.assign(tf.fill(network.parameters.get(name)!.variable.shape, 3));
    const after = rows(network.features(x));
    expect(after.map((row) => row.slice(0, 6))).toEqual(before.map((row) => row.slice(0, 6)));
    expect(after[0]!.slice(6)).not.toEqual(before[0]!.slice(6));
    // And the module does see the other side.
    const { variable } = network.parameters.get('stem.weight')!;
    variable.assign(tf.mul(variable, 2));
    expect(rows(network.features(x))[0]!.slice(6)).not.toEqual(after[0]!.slice(6));
  });

  it.each(['modular', 'modular-tuned'])(
    '%s: the module and the head move, and below them what the plan says',
    async (name) => {
      const network = modular();
      const values = () =>
        new Map([...network.parameters].map(([key, { variable }]) => [key, [...variable.dataSync()].join()]));
      const before = values();
      await fit({
        network,
        plan: namedPlan(name),
        train: toySource(22, 1, true),
        epochs: 1,
        batchSize: 8,
        learningRate: 0.05,
        seed: 1,
      });
      const moved = [...values()].filter(([key, value]) => before.get(key) !== value).map(([key]) => key);
      const added = ['module0.weight', 'module1.weight', 'head.weight', 'head.bias'];
      expect(moved.sort()).toEqual(name === 'modular' ? added.sort() : [...before.keys()].sort());
    },
  );

  it('is one network: groups by depth, one head, every tensor freed', () => {
    const before = tf.memory().numTensors;
    const network = modular();
    expect(network.layerGroups).toEqual([
      { name: 'stem', parameters: expect.any(Array) },
      { name: 'body', parameters: expect.any(Array) },
      { name: 'module', parameters: ['module0.weight', 'module1.weight'], added: true },
      { name: 'head', parameters: ['head.weight', 'head.bias'] },
    ]);
    const grouped = network.layerGroups.flatMap(({ parameters }) => parameters);
    expect(grouped.sort()).toEqual([...network.parameters.keys()].sort());
    expect(network.classes).toBe(3);
    expect(network.parameters.get('head.weight')!.variable.shape).toEqual([8, 3]);
    network.resetHead(4, 2);
    expect([network.classes, network.parameters.get('head.weight')!.variable.shape]).toEqual([4, [8, 4]]);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('follows what is added to and taken from the pre-trained network', () => {
    const pretrained = new TinyNetwork(5, 0);
    const lora = new Lora(pretrained, { rank: 2, alpha: 4 }, 0);
    const network = modular(pretrained);
    expect(network.parameters.has('body.weight.lora_a')).toBe(true);
    lora.mergeAndRemove();
    expect([...network.parameters.keys()].filter((name) => name.includes('lora'))).toEqual([]);
    expect(() => network.addGroup('module', [])).toThrow("tiny has a layer group 'module' already.");
  });

  it('refuses stitches that are none or out of order', () => {
    const stitched = (...stitches: string[]) => new ModularNetwork(new TinyNetwork(5, 0), stitches, build, 3, 1);
    expect(() => stitched()).toThrow('Stitches must be layers in the order of depth, and are: none.');
    expect(() => stitched('stem', 'stem')).toThrow('The layers of tiny are, from the input: stem.');
  });
});
