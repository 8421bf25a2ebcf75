import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { SHAPE, toyExamples } from '../../test/toy-task.ts';
import { fitOptions, parametersOf } from '../../test/training.ts';
import { sgd } from '../optim/sgd.ts';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { batchTensors } from './batch-tensors.ts';
import { balancedOrder, resolveClassWeights } from './class-balance.ts';
import { type Batch, examplesInMemory } from './data.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const countOf = (labels: Iterable<number>, label: number) => [...labels].filter((other) => other === label).length;

describe('balancedOrder', () => {
  const labels = [...new Array<number>(1000).fill(0), 1];
  const order = (epoch: number) => balancedOrder(labels, Random.fromSeed(1).fork(epoch));

  it('draws both classes equally often at 1000:1, in every batch, and the large class without repeats', () => {
    const drawn = order(0).map((row) => labels[row]!);
    expect(drawn.length).toBe(1001);
    expect(Math.abs(countOf(drawn, 1) - countOf(drawn, 0))).toBeLessThanOrEqual(1);
    for (let start = 0; start < 1000; start += 10) expect(countOf(drawn.slice(start, start + 10), 1)).toBe(5);
    const large = order(0).filter((row) => row < 1000);
    expect(new Set(large).size).toBe(large.length);
  });

  it('is the same for the same numbers, and another in another epoch', () => {
    expect(order(3)).toEqual(order(3));
    expect(order(3)).not.toEqual(order(4));
  });

  it('goes once through a class before anything comes again, and leaves no class out', () => {
    const small = [0, 0, 0, 7, 7, 2, 0, 0, 0, 0, 0, 0];
    const rows = balancedOrder(small, Random.fromSeed(2));
    expect([0, 2, 7].map((label) => rows.filter((row) => small[row] === label).length)).toEqual([4, 4, 4]);
    const sevens = rows.filter((row) => small[row] === 7);
    expect(new Set(sevens.slice(0, 2)).size).toBe(2);
    expect(new Set(sevens.slice(2)).size).toBe(2);
  });

  it('goes on at any batch of a source', () => {
    const source = examplesInMemory({
      inputs: Float32Array.from(labels, (_, i) => i),
      shape: [1],
      labels,
      shuffle: 'balanced',
    });
    const rows = (firstBatch: number) =>
      [...(source.batches({ epoch: 0, batchSize: 64, firstBatch, random: Random.fromSeed(3) }) as Iterable<Batch>)].map(
        ({ inputs }) => [...inputs],
      );
    expect(rows(9)).toEqual(rows(0).slice(9));
  });
});

describe('class weights', () => {
  it('are in inverse proportion to the classes, with a mean of 1 over the examples', () => {
    const weights = resolveClassWeights('balanced', 3, { count: 4, labels: [0, 0, 0, 1] });
    expect(weights).toEqual([4 / 9, 4 / 3, 4 / 3]);
  });

  it('make the weighted mean: as if rare examples were there several times', async () => {
    const { inputs, labels } = toyExamples(12, 4);
    const rows = labels.flatMap((label, row) => (label === 1 ? [row, row, row] : [row]));
    const repeated = examplesInMemory({
      inputs: Float32Array.from(rows.flatMap((row) => [...inputs.subarray(row * 48, (row + 1) * 48)])),
      shape: SHAPE,
      labels: rows.map((row) => labels[row]!),
    });
    const plan = namedPlan('last-2');
    const common = { plan, optimizer: sgd(), learningRate: 0.1, epochs: 4 };
    const weighted = fitOptions({
      ...common,
      train: examplesInMemory({ inputs, shape: SHAPE, labels }),
      batchSize: 12,
      classWeights: [1, 3, 1],
    });
    const longer = fitOptions({ ...common, train: repeated, batchSize: rows.length });
    const plain = fitOptions({ ...common, train: weighted.train, batchSize: 12 });
    for (const setup of [weighted, longer, plain]) await fit(setup);
    const expected = parametersOf(longer.network);
    for (const [name, values] of Object.entries(parametersOf(weighted.network)))
      expect(values, name).toEqual(expected[name]!.map((value) => expect.closeTo(value, 5)));
    const unweighted = parametersOf(plain.network)['head.bias']!;
    expect(Math.abs(unweighted[1]! - expected['head.bias']![1]!)).toBeGreaterThan(1e-3);
  });

  it('are those of the distribution where targets are one, and padding has none', () => {
    const batch = {
      inputs: Float32Array.of(1, 2),
      shape: [1],
      labels: Int32Array.of(0, 1),
      targets: Float32Array.of(0.5, 0.5, 0, 1),
    };
    const { weights } = batchTensors(batch, 3, 2, { classWeights: [1, 4] });
    expect([...weights.dataSync()]).toEqual([2.5, 4, 0]);
  });

  it('let one example among hundreds count', async () => {
    // Two overlapping classes: without weights the rare one is never predicted.
    const random = Random.fromSeed(5);
    const labels = Array.from({ length: 401 }, (_, i) => (i === 400 ? 1 : 0));
    const features = Float32Array.from({ length: 401 * 6 }, (_, i) => (i >= 2400 ? 1 : random.normal(0, 1)));
    const predicted = async (shuffle: boolean | 'balanced', more: Partial<FitOptions> = {}) => {
      const network = new TinyNetwork(2, 1);
      await fit({
        network,
        plan: namedPlan('linear-probe'),
        forward: 'head',
        train: examplesInMemory({ inputs: features, shape: [6], labels, shuffle }),
        epochs: 10,
        batchSize: 401,
        learningRate: 0.1,
        seed: 1,
        ...more,
      });
      return tf.argMax(network.head(tf.tensor2d(features.slice(2400), [1, 6])), 1).dataSync()[0];
    };
    expect(await predicted(true)).toBe(0);
    expect(await predicted(true, { classWeights: 'balanced' })).toBe(1);
    expect(await predicted('balanced')).toBe(1);
  });

  it('are refused when they do not fit', () => {
    const source = { count: 2, labels: [0, 1] };
    expect(() => resolveClassWeights([1], 2, source)).toThrow('1 weights, and there are 2 classes');
    expect(() => resolveClassWeights([1, 0], 2, source)).toThrow('weight of class 1 is 0');
    expect(() => resolveClassWeights('balanced', 2, { count: 2 })).toThrow('does not tell them');
  });
});
