import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { tf } from '../tensorflow.ts';
import type { SourceTensors } from './carry.ts';
import { greedySoup, interpolateWeights, uniformSoup } from './held-average.ts';
import { assignNetworkValues, networkValues } from './network-values.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const model = (...data: number[]): SourceTensors =>
  new Map([['w', { shape: [data.length], data: Float32Array.from(data) }]]);
const values = (soup: SourceTensors) => [...soup.get('w')!.data];

describe("a network's values", () => {
  it('are copies, and can be put back', async () => {
    const network = new TinyNetwork(3, 1);
    const kept = await networkValues(network);
    expect([...kept.keys()]).toEqual([...network.parameters.keys()]);
    for (const { variable } of network.parameters.values()) variable.assign(tf.fill(variable.shape, 7));
    expect(kept.get('stem.norm.mean')).toEqual({ shape: [4], data: new Float32Array(4) });
    assignNetworkValues(network, kept);
    expect(await networkValues(network)).toEqual(kept);
    kept.delete('body.bias');
    expect(() => assignNetworkValues(network, kept)).toThrow("no tensor 'body.bias'");
  });
});

describe('interpolateWeights', () => {
  it('gives both ends back exactly, and what lies between', async () => {
    const [start, tuned] = [await networkValues(new TinyNetwork(3, 1)), await networkValues(new TinyNetwork(3, 2))];
    start.get('stem.norm.mean')!.data.fill(3);
    const network = new TinyNetwork(3, 2);
    await interpolateWeights(network, start, 1);
    expect(await networkValues(network)).toEqual(tuned);
    await interpolateWeights(network, start, 0);
    expect(await networkValues(network)).toEqual(start);

    assignNetworkValues(network, tuned);
    await interpolateWeights(network, start, 0.25);
    const between = await networkValues(network);
    for (const [name, { data }] of between)
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(0.75 * start.get(name)!.data[i]! + 0.25 * tuned.get(name)!.data[i]!, 6);
      });
    expect(between.get('stem.norm.mean')!.data[0]).toBe(2.25);
  });

  it('leaves what the start does not name, and refuses a start of another network', async () => {
    const network = new TinyNetwork(3, 2);
    const tuned = await networkValues(network);
    const start = await networkValues(new TinyNetwork(4, 1));
    await expect(interpolateWeights(network, start, 0.5)).rejects.toThrow("no parameter 'head.weight' of shape [6, 4]");
    expect(await networkValues(network)).toEqual(tuned);
    for (const name of ['head.weight', 'head.bias']) start.delete(name);
    await interpolateWeights(network, start, 0);
    expect((await networkValues(network)).get('head.weight')).toEqual(tuned.get('head.weight'));
    await expect(interpolateWeights(network, start, 1.5)).rejects.toThrow('share is 1.5');
  });
});

describe('soups', () => {
  it('uniform: the mean of each value, independent of the order', () => {
    expect(values(uniformSoup([model(1, 2), model(3, 0), model(5, 4)]))).toEqual([3, 2]);
    expect(values(uniformSoup([model(1, 2)]))).toEqual([1, 2]);
  });

  it('are only of models that are alike', () => {
    expect(() => uniformSoup([])).toThrow('at least one model');
    expect(() => uniformSoup([model(1), model(1, 2)])).toThrow("Model 2 of the soup differs from model 1 in 'w'");
    expect(() => uniformSoup([model(1), new Map()])).toThrow('[1] against missing');
  });

  it('greedy: from the best down, an ingredient is kept where the accuracy does not fall', async () => {
    // Accuracy falls with the distance from 4: alone 1 - 2/10, 1 - 1/10, 1 - 4/10, 1 - 3/10.
    const evaluate = async (soup: SourceTensors) => 1 - Math.abs(values(soup)[0]! - 4) / 10;
    const soup = await greedySoup([model(2), model(5), model(0), model(7)], evaluate);
    // 5 is best; with 2: 3.5, better; with 7 as well: 14/3, worse; with 0: 7/3, worse.
    expect(soup.ingredients).toEqual([1, 0]);
    expect(values(soup.values)).toEqual([3.5]);
    expect(soup.accuracy).toBeCloseTo(0.95, 12);
    // As good is kept.
    expect((await greedySoup([model(3), model(4), model(4)], evaluate)).ingredients).toEqual([1, 2]);
    await expect(greedySoup([], evaluate)).rejects.toThrow('at least one model');
  });

  it('greedy: never below the best ingredient', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const numbers = Array.from({ length: 6 }, (_, i) => Math.sin(12.9898 * (6 * seed + i)) * 5);
      const evaluate = async (soup: SourceTensors) => Math.cos(3 * values(soup)[0]!);
      const single = await Promise.all(numbers.map((number) => evaluate(model(number))));
      const soup = await greedySoup(
        numbers.map((number) => model(number)),
        evaluate,
      );
      expect(soup.accuracy).toBeGreaterThanOrEqual(Math.max(...single));
      expect(soup.accuracy).toBe(await evaluate(soup.values));
    }
  });
});
