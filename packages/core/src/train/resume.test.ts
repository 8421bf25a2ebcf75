import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { SHAPE, toyExamples } from '../../test/toy-task.ts';
import {
  memoryRecorder as memory,
  numbersOf as numbers,
  fitOptions as options,
  parametersOf as parameters,
} from '../../test/training.ts';
import { adamw } from '../optim/adamw.ts';
import { sgd } from '../optim/sgd.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import type { Checkpoint } from './checkpoint.ts';
import { examplesInMemory } from './data.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const balanced = examplesInMemory({ ...toyExamples(22, 1), shape: SHAPE, shuffle: 'balanced' });

describe('resuming', () => {
  const variants: [string, Partial<FitOptions> & { dropout?: number }][] = [
    ['a network with dropout', { dropout: 0.5 }],
    ['full fine-tuning', {}],
    ['gradual unfreezing', { plan: namedPlan('gradual'), patience: 2 }],
    ['a linear probe with momentum', { plan: namedPlan('linear-probe'), optimizer: sgd({ nesterov: true }) }],
    ['weights held to their start', { plan: namedPlan('l2-sp'), clipNorm: 1, labelSmoothing: 0.1 }],
    ["weights held to the source's features", { plan: namedPlan('delta'), source: new TinyNetwork(5, 1) }],
    ["weights held to the source's outputs", { plan: namedPlan('distill'), source: new TinyNetwork(5, 1) }],
    ['weights averaged with their start', { plan: namedPlan('wise') }],
    ['training without validation', { validation: undefined as never }],
    ['averages of weights', { plan: namedPlan('gradual'), averaging: { decay: 0.7 } }],
    ['the last averages', { averaging: { decay: 0.7 }, validation: undefined as never }],
    ['several batches an update', { accumulate: 2, batchSize: 3, clipNorm: 1, dropout: 0.5 }],
    ['rates measured every epoch', { plan: namedPlan('auto-rgn'), dropout: 0.5 }],
    ['weighted classes', { classWeights: 'balanced', optimizer: sgd() }],
    ['classes in balance', { train: balanced, averaging: { decay: 0.5 }, accumulate: 3, batchSize: 4 }],
  ];
  it.each(variants)('%s goes on to the same numbers, from every step', async (_, more) => {
    const clean = () => {
      const setup = { ...options(more), network: new TinyNetwork(3, 1, more.dropout) };
      if (setup.validation === undefined) delete (setup as { validation?: unknown }).validation;
      return setup;
    };
    const recorder = memory();
    const unbroken = clean();
    const expected = await fit({ ...unbroken, recorder, checkpointSeconds: 0 });
    const updates = 3 * Math.ceil(Math.ceil(22 / unbroken.batchSize) / (unbroken.accumulate ?? 1));
    expect(expected.steps).toBe(updates);
    expect(recorder.checkpoints.map(({ state }) => state.step)).toEqual(
      Array.from({ length: updates }, (_, i) => i + 1),
    );
    for (const checkpoint of recorder.checkpoints) {
      const setup = clean();
      const resumed = await fit({
        ...setup,
        resume: JSON.parse(JSON.stringify(checkpoint.state), reviveState(checkpoint)),
      });
      expect(numbers(resumed.history)).toEqual(numbers(expected.history));
      expect(parameters(setup.network)).toEqual(parameters(unbroken.network));
      expect(resumed.stopped).toBe(expected.stopped);
    }
  });

  /** State through JSON, as from a file; tensors as they are. */
  function reviveState(checkpoint: Checkpoint) {
    return (key: string, value: unknown) => (key === '' ? { state: value, tensors: checkpoint.tensors } : value);
  }

  it('refuses another run', async () => {
    const recorder = memory();
    await fit(options({ epochs: 1, recorder, checkpointSeconds: 0 }));
    const resume = recorder.checkpoints[0]!;
    await expect(fit(options({ resume, epochs: 1, seed: 8 }))).rejects.toThrow('written with seed 7, and now it is 8');
    await expect(fit(options({ resume, epochs: 1, clipNorm: 1 }))).rejects.toThrow('clipNorm not set, and now it is 1');
    await expect(fit(options({ resume, epochs: 1, optimizer: adamw({ beta1: 0.8 }) }))).rejects.toThrow(
      'optimizer.beta1',
    );
    await expect(fit(options({ resume, epochs: 1, plan: namedPlan('gradual') }))).rejects.toThrow(
      "another plan ('full', now 'gradual')",
    );
  });

  it('refuses another source', async () => {
    const recorder = memory();
    const plan = namedPlan('distill');
    await fit(options({ epochs: 1, plan, source: new TinyNetwork(5, 1), recorder, checkpointSeconds: 0 }));
    const resume = recorder.checkpoints[0]!;
    const other = fit(options({ epochs: 1, plan, source: new TinyNetwork(5, 2), resume }));
    await expect(other).rejects.toThrow('The checkpoint was written with source ');
  });

  it('refuses other frozen weights', async () => {
    const recorder = memory();
    const plan = namedPlan('linear-probe');
    await fit(options({ epochs: 1, recorder, plan, checkpointSeconds: 0 }));
    const network = new TinyNetwork(3, 2);
    await expect(fit(options({ epochs: 1, plan, network, resume: recorder.checkpoints[0]! }))).rejects.toThrow(
      'weights that stay frozen are not those',
    );
  });
});
