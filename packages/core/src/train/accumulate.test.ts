import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toySource } from '../../test/toy-task.ts';
import { fitOptions, parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { sgd } from '../optim/sgd.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';

describe.each(['cpu', 'onnx'])('several batches an update, on %s', (backend) => {
  let setups: FitOptions[] = [];
  beforeEach(async () => {
    await selectBackend({ prefer: backend });
  });
  afterEach(() => {
    for (const { network } of setups) network.dispose();
    setups = [];
  });

  const run = async (more: Partial<FitOptions>) => {
    // Frozen normalisation: the statistics of a batch are its own.
    const plan = { ...namedPlan('last-2'), held: { to: 'start', alpha: 0.5, beta: 0.1 } } as const;
    const setup = fitOptions({ plan, optimizer: sgd(), learningRate: 0.1, epochs: 2, ...more });
    setups.push(setup);
    const result = await fit(setup);
    return { result, parameters: parametersOf(setup.network) };
  };

  it.each<[string, Partial<FitOptions>]>([
    ['plain', {}],
    ['weighted and clipped', { classWeights: [1, 2, 5], clipNorm: 0.5, labelSmoothing: 0.1 }],
    ['with AdamW and averages', { optimizer: undefined as never, learningRate: 0.01, averaging: { decay: 0.6 } }],
  ])('are one large batch: %s', async (_, more) => {
    if ('optimizer' in more) delete (more as { optimizer?: unknown }).optimizer;
    // 22 examples: updates of 3 + 3 + 3 + 3 and 3 + 3 + 3 + 1, against 12 and 10.
    const small = await run({ ...more, batchSize: 3, accumulate: 4 });
    const large = await run({ ...more, batchSize: 12 });
    expect(small.result.steps).toBe(4);
    for (const [name, values] of Object.entries(large.parameters))
      expect(small.parameters[name], name).toEqual(values.map((value) => expect.closeTo(value, 5)));
    expect(small.result.history.map((record) => [record.step, record['charts/learning_rate']])).toEqual(
      large.result.history.map((record) => [record.step, record['charts/learning_rate']]),
    );
    const apart = await run({ ...more, batchSize: 3 });
    expect(apart.result.steps).toBe(16);
    expect(apart.parameters['head.bias']).not.toEqual(
      large.parameters['head.bias']!.map((value) => expect.closeTo(value, 3)),
    );
  });

  it('show progress batch by batch, stop after an update, and keep no tensors', async () => {
    const setup = fitOptions({ accumulate: 4, batchSize: 3, train: toySource(22, 1) });
    setups.push(setup);
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const steps: number[] = [];
    const states: [number, number][] = [];
    const stopping = fit({
      ...setup,
      signal: controller.signal,
      recorder: {
        epoch: async () => {},
        checkpoint: async ({ state }) => void states.push([state.step, state.batch]),
      },
      progress: {
        step: ({ batch, batches }) => {
          steps.push(batch);
          expect(batches).toBe(8);
          if (batch === 2) controller.abort(new Error('enough'));
        },
        epoch: () => {},
      },
    });
    await expect(stopping).rejects.toThrow('enough');
    expect(steps).toEqual([1, 2, 3, 4]);
    expect(states).toEqual([[1, 4]]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
