import type { OnnxBackend } from '@attune/backend-onnx';
import { describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { SHAPE, toyExamples } from '../../test/toy-task.ts';
import { fitOptions, memoryRecorder, parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { softmaxCrossEntropy } from '../losses.ts';
import { constant } from '../optim/schedule.ts';
import { sgd } from '../optim/sgd.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { examplesInMemory } from './data.ts';
import { fit } from './fit.ts';

const batch = toyExamples(8, 1);
const one = () => examplesInMemory({ ...batch, shape: SHAPE });

describe.each(['cpu', 'onnx'])('rates by relative gradient norm, on %s', (backend) => {
  it('are |g| / |w| over the largest of the weights, at most 1, and 1 where |w| is 0', async () => {
    await selectBackend({ prefer: backend });
    const network = new TinyNetwork(3, 1);
    const names = [...network.parameters.values()].filter(({ role }) => role !== 'statistic').map(({ name }) => name);
    const variables = names.map((name) => network.parameters.get(name)!.variable);
    const images = tf.tensor4d(batch.inputs, [8, 4, 4, 3]);
    const targets = tf.cast(tf.oneHot(batch.labels, 3), 'float32') as tf.Tensor2D;
    for (const variable of variables) variable.trainable = true;
    const { grads } = tf.variableGrads(
      () => softmaxCrossEntropy({ logits: network.apply(images), targets }),
      variables,
    );
    const norm = (tensor: tf.Tensor) => Math.hypot(...tensor.dataSync());
    const ratios = names.map((_, i) => norm(grads[variables[i]!.name]!) / norm(variables[i]!));
    const largest = Math.max(...ratios.filter((_, i) => names[i]!.endsWith('.weight')));
    const expected = names.map((name, i) => [name, ratios[i] === Infinity ? 1 : Math.min(1, ratios[i]! / largest)]);

    const recorder = memoryRecorder();
    // One batch of 8 an epoch: 5 are asked for, and 1 is there. A vanishing rate: nothing has moved at the first checkpoint.
    const setup = { plan: namedPlan('auto-rgn'), train: one(), batchSize: 8, epochs: 1, learningRate: 1e-12 };
    await fit(fitOptions({ ...setup, network, recorder, checkpointSeconds: 0 }));
    const { rates } = recorder.checkpoints[0]!.state;
    expect(Object.keys(rates!).sort()).toEqual([...names].sort());
    for (const [name, rate] of expected) expect(rates![name as string], name as string).toBeCloseTo(rate as number, 4);
    expect(Object.values(rates!).filter((rate) => rate === 1).length).toBeLessThan(names.length);
    network.dispose();
  });

  it('multiply the step of every tensor', async () => {
    await selectBackend({ prefer: backend });
    const run = async (plan: string) => {
      const recorder = memoryRecorder();
      const setup = fitOptions({
        plan: namedPlan(plan),
        train: one(),
        batchSize: 8,
        epochs: 1,
        optimizer: sgd({ momentum: 0 }),
        learningRate: 0.1,
        schedule: constant(),
        recorder,
        validation: undefined as never,
      });
      delete (setup as { validation?: unknown }).validation;
      const start = parametersOf(setup.network);
      await fit({ ...setup, checkpointSeconds: 0 });
      const end = parametersOf(setup.network);
      setup.network.dispose();
      return {
        rates: recorder.checkpoints[0]!.state.rates!,
        move: (n: string) => end[n]!.map((w, i) => w - start[n]![i]!),
      };
    };
    const [scaled, plain] = [await run('auto-rgn'), await run('full')];
    expect(plain.rates).toBeNull();
    for (const name of ['stem.weight', 'body.weight', 'head.weight', 'head.bias'])
      expect(scaled.move(name), name).toEqual(
        plain.move(name).map((move) => expect.closeTo(move * scaled.rates[name]!, 5)),
      );
  });
});

it('is measured anew each epoch, and compiles nothing anew', async () => {
  await selectBackend({ prefer: 'onnx' });
  const traces = () => (tf.backend() as OnnxBackend).stats().stepTraces;
  const counts: number[] = [];
  const recorder = memoryRecorder();
  const progress = { step: () => {}, epoch: () => void counts.push(traces()) };
  const options = { plan: namedPlan('auto-rgn'), averaging: { decay: 0.9 }, accumulate: 2 } as const;
  const setup = fitOptions({ ...options, epochs: 4, batchSize: 4, progress, recorder, checkpointSeconds: 0 });
  const tensors = tf.memory().numTensors;
  await fit(setup);
  expect(tf.memory().numTensors).toBe(tensors);
  // The measuring step is traced before the first update, which lays some weights out anew: once more, and never again.
  expect(counts[1]! - counts[0]!).toBeLessThanOrEqual(1);
  expect(counts.slice(2)).toEqual([counts[1], counts[1]]);
  const rates = recorder.checkpoints.filter(({ state }) => state.batch === 0).map(({ state }) => state.rates);
  expect(new Set(rates.map((rate) => JSON.stringify(rate))).size).toBe(4);
  setup.network.dispose();
});
