/** The training loop on the engine: the same numbers as on TensorFlow.js's own `cpu` backend, and exact resuming. */
import { afterEach, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { toySource } from '../../test/toy-task.ts';
import { selectBackend } from '../backend.ts';
import { sgd } from '../optim/sgd.ts';
import { tf } from '../tensorflow.ts';
import { needsSource } from '../transfer/held.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import type { Checkpoint } from './checkpoint.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';
import type { FitResult } from './records.ts';

let network: TinyNetwork | undefined;
afterEach(() => network?.dispose());

async function train(backend: string, more: Partial<FitOptions> & { dropout?: number } = {}) {
  await selectBackend({ prefer: backend });
  network = new TinyNetwork(3, 1, more.dropout);
  const source = more.plan && needsSource(more.plan.held) ? new TinyNetwork(5, 1) : undefined;
  const result = await fit({
    network,
    source,
    plan: namedPlan('full'),
    train: toySource(22, 1, true),
    validation: toySource(15, 2),
    epochs: 3,
    batchSize: 8,
    learningRate: 0.02,
    seed: 7,
    ...more,
  });
  source?.dispose();
  const parameters = new Map<string, number[]>();
  for (const [name, { variable }] of network.parameters) parameters.set(name, [...(await variable.data())]);
  return { result, parameters };
}

const losses = ({ history }: FitResult) =>
  history.flatMap((record) => [record['train/loss'], record['validation/loss']!, record['charts/learning_rate']]);

describe('on the engine', () => {
  it.each<[string, Partial<FitOptions>]>([
    ['full', {}],
    ['gradual', {}],
    ['linear-probe', { optimizer: sgd({ nesterov: true, weightDecay: 0.1 }) }],
    // Plain descent: Adam divides by the gradient's size, and so makes rounding of the smallest visible.
    ['l2-sp', { clipNorm: 0.5, labelSmoothing: 0.1, optimizer: sgd(), learningRate: 0.1 }],
    ['probe-then-full', {}],
    ['delta', { optimizer: sgd(), learningRate: 0.1 }],
    ['distill', {}],
    ['wise', {}],
  ])('%s trains as on cpu', async (plan, more) => {
    const options = { plan: namedPlan(plan), ...more };
    const expected = await train('cpu', options);
    const actual = await train('onnx', options);
    losses(actual.result).forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses(expected.result)[i]!, 4);
    });
    for (const [name, values] of actual.parameters)
      values.forEach((value, i) => {
        expect(value, `${name}[${i}]`).toBeCloseTo(expected.parameters.get(name)![i]!, 3);
      });
  });

  it('goes on exactly from any step, dropout included', async () => {
    const checkpoints: Checkpoint[] = [];
    const recorder = {
      epoch: async () => {},
      checkpoint: async (checkpoint: Checkpoint) => void checkpoints.push(structuredClone(checkpoint)),
    };
    const options = { plan: namedPlan('gradual'), dropout: 0.5 };
    const expected = await train('onnx', { ...options, recorder, checkpointSeconds: 0 });
    for (const resume of checkpoints) {
      const resumed = await train('onnx', { ...options, resume });
      expect(losses(resumed.result)).toEqual(losses(expected.result));
      expect(resumed.parameters).toEqual(expected.parameters);
    }
  });

  it('keeps no tensors', async () => {
    await train('onnx');
    const before = tf.memory().numTensors;
    network!.dispose();
    await train('onnx', { plan: namedPlan('gradual'), clipNorm: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });
});
