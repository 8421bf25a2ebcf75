import { describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { toySource } from '../../test/toy-task.ts';
import { fitOptions, numbersOf, parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { type FindLearningRateOptions, findLearningRate } from './find-learning-rate.ts';
import { fit } from './fit.ts';

const options = (more: Partial<FindLearningRateOptions> = {}): FindLearningRateOptions => ({
  network: new TinyNetwork(3, 1, 0.2),
  plan: namedPlan('full'),
  train: toySource(40, 1, true),
  batchSize: 8,
  seed: 7,
  ...more,
});

describe.each(['cpu', 'onnx'])('the learning-rate finder, on %s', (backend) => {
  it.each<[string, Partial<FindLearningRateOptions> & { held?: true }]>([
    ['full fine-tuning', {}],
    ['a linear probe of two batches an update', { plan: namedPlan('linear-probe'), accumulate: 2 }],
    ['rates by gradient norm, weighted', { plan: namedPlan('auto-rgn'), classWeights: 'balanced' }],
    ['weights held to the source', { plan: namedPlan('distill'), held: true }],
  ])('finds a curve and puts everything back, bit for bit: %s', async (_, { held, ...more }) => {
    await selectBackend({ prefer: backend });
    const setup = options({ ...more, ...(held && { source: new TinyNetwork(5, 1) }) });
    const { network } = setup;
    network.parameters.get('stem.weight')!.variable.trainable = false;
    const before = parametersOf(network);
    const frozen = [...network.parameters.values()].map(({ variable }) => variable.trainable);
    const tensors = tf.memory().numTensors;
    const { points, diverged, suggestions } = await findLearningRate({ ...setup, steps: 60 });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(parametersOf(network)).toEqual(before);
    expect([...network.parameters.values()].map(({ variable }) => variable.trainable)).toEqual(frozen);
    expect(points[0]!.learningRate).toBe(1e-7);
    expect(points.length === 60).toBe(!diverged);
    for (const rate of Object.values(suggestions)) expect(rate).toBeGreaterThan(1e-8);
    expect((await findLearningRate({ ...setup, steps: 60 })).points).toEqual(points);
    network.dispose();
  });

  it('changes nothing of a run that comes after it', async () => {
    await selectBackend({ prefer: backend });
    const [plain, after] = [fitOptions(), fitOptions()];
    await findLearningRate({ ...after, steps: 30 });
    const expected = numbersOf((await fit(plain)).history);
    expect(numbersOf((await fit(after)).history)).toEqual(expected);
    expect(parametersOf(after.network)).toEqual(parametersOf(plain.network));
    for (const { network } of [plain, after]) network.dispose();
  });
});

describe('the sweep', () => {
  it('ends where the loss diverges, and suggests rates that learn', async () => {
    await selectBackend({ prefer: 'cpu' });
    const setup = options({ network: new TinyNetwork(3, 1) });
    const { points, diverged, suggestions } = await findLearningRate({ ...setup, to: 1000 });
    expect(diverged).toBe(true);
    expect(points.at(-1)!.smoothed).toBeGreaterThan(4 * Math.min(...points.map(({ smoothed }) => smoothed)));
    const trained = async (learningRate: number) =>
      (await fit(fitOptions({ train: setup.train, epochs: 5, learningRate }))).best['validation/loss']!;
    const untrained = await trained(1e-7);
    expect(await trained(suggestions.valley)).toBeLessThan(untrained - 0.05);
    expect(await trained(suggestions.steepest)).toBeLessThan(untrained - 0.05);
  });

  it('puts everything back when it is stopped or fails', async () => {
    await selectBackend({ prefer: 'cpu' });
    const setup = options();
    const before = parametersOf(setup.network);
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();
    const onStep = () => controller.abort(new Error('enough'));
    await expect(findLearningRate({ ...setup, from: 0.1, onStep, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    await expect(findLearningRate({ ...setup, from: 1e9, to: 1e30 })).rejects.toThrow('nothing to choose from');
    await expect(findLearningRate({ ...setup, plan: namedPlan('distill') })).rejects.toThrow('no source network');
    expect(parametersOf(setup.network)).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
    await expect(findLearningRate({ ...setup, from: 1, to: 0.1 })).rejects.toThrow('to is 0.1');
    await expect(findLearningRate({ ...setup, steps: 3 })).rejects.toThrow('steps is 3');
    await expect(findLearningRate({ ...setup, batchSize: 0 })).rejects.toThrow('batchSize is 0');
  });
});
