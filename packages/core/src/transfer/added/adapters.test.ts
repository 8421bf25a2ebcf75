import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../../test/tiny-network.ts';
import { tf } from '../../tensorflow.ts';
import { addAdapters } from './adapters.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const images = () => tf.randomUniform([2, 4, 4, 3], -1, 1, 'float32', 7) as tf.Tensor4D;

describe('addAdapters', () => {
  it('changes nothing at the start, and belongs to the network', () => {
    const before = tf.memory().numTensors;
    const network = new TinyNetwork(3, 0);
    const x = images();
    const logits = () => tf.tidy(() => [...network.apply(x).dataSync()]);
    const source = logits();
    addAdapters(network, { reduction: 4 }, 1);
    expect(logits()).toEqual(source);
    expect(network.layerGroups.at(-2)).toEqual({
      name: 'adapters',
      added: true,
      parameters: ['down.weight', 'down.bias', 'up.weight', 'up.bias'].map((name) => `stem.adapter.${name}`),
    });
    network.parameters.get('stem.adapter.up.weight')!.variable.assign(tf.ones([4, 4]));
    expect(logits()).not.toEqual(source);
    expect(network.parameters.get('stem.adapter.up.weight')!.role).toBe('weight');
    network.dispose();
    // The ones above, and x.
    expect(tf.memory().numTensors - before).toBe(2);
  });

  it('is x + up(relu(down(x))) at each place of the map (by hand)', () => {
    const network = new TinyNetwork(3, 0);
    addAdapters(network, { reduction: 1 }, 1);
    const set = (name: string, numbers: number[][] | number[]) =>
      network.parameters.get(`stem.adapter.${name}`)!.variable.assign(tf.tensor(numbers as number[]));
    const stem = network.tap(images(), ['stem']).stem!;
    // Down: channel 0 and its negative; up: both to channel 2.
    set('down.weight', [
      [1, -1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    set('up.weight', [
      [0, 0, 10, 0],
      [0, 0, 100, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    set('up.bias', [0, 7, 0, 0]);
    const wanted = [...stem.dataSync()].map((value, i, all) => {
      const [first, channel] = [all[i - (i % 4)]!, i % 4];
      if (channel === 1) return value + 7;
      return channel === 2 ? value + 10 * Math.max(first, 0) + 100 * Math.max(-first, 0) : value;
    });
    const adapted = network.tap(images(), ['stem']).stem!.dataSync();
    expect([...adapted]).toEqual(wanted.map((value) => expect.closeTo(value, 4)));
  });

  it('refuses what it cannot do, without a trace', () => {
    const network = new TinyNetwork(3, 0);
    const tensors = tf.memory().numTensors;
    expect(() => addAdapters(network, { reduction: 4, after: ['stem', 'stem'] }, 0)).toThrow(
      "Layer 'stem' is named twice for adapters.",
    );
    expect(tf.memory().numTensors).toBe(tensors);
    addAdapters(network, { reduction: 4 }, 0);
    expect(() => addAdapters(network, { reduction: 4 }, 0)).toThrow("tiny has a layer group 'adapters' already.");
    expect(tf.memory().numTensors).toBe(tensors + 4);
  });
});
