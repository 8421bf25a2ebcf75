import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { SHAPE, toyExamples, toySource } from '../../test/toy-task.ts';
import {
  memoryRecorder as memory,
  numbersOf as numbers,
  fitOptions as options,
  parametersOf as parameters,
} from '../../test/training.ts';
import { isUserError } from '../errors.ts';
import { outputDivergences } from '../losses.ts';
import { constant } from '../optim/schedule.ts';
import { sgd } from '../optim/sgd.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import type { Held } from '../transfer/plan.ts';
import { examplesInMemory } from './data.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('fit', () => {
  it('learns, records every epoch, and keeps no tensors', async () => {
    const recorder = memory();
    const setup = options({ train: toySource(60, 1, true), epochs: 12, learningRate: 0.05, recorder });
    const before = tf.memory().numTensors;
    const result = await fit(setup);
    expect(tf.memory().numTensors).toBe(before);
    expect(result.best['validation/accuracy']).toBeGreaterThan(0.9);
    expect(result.history).toEqual(recorder.records);
    expect(result).toMatchObject({ steps: 12 * 8, stopped: 'epochs' });
    expect(result.history[0]).toEqual({
      epoch: 0,
      step: 8,
      'train/loss': expect.any(Number),
      'train/accuracy': expect.any(Number),
      'validation/loss': expect.any(Number),
      'validation/accuracy': expect.any(Number),
      'charts/learning_rate': expect.any(Number),
      'charts/seconds': expect.any(Number),
      'charts/stall_share': expect.any(Number),
      'charts/examples_per_second': expect.any(Number),
      'charts/trainable_parameters': 167,
    });
  });

  it('tells how much of its time went by in waiting for batches', async () => {
    const train = toySource(22, 1, true);
    const slow: typeof train = {
      count: train.count,
      async *batches(request) {
        for await (const batch of train.batches(request)) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          yield batch;
        }
      },
    };
    const share = async (source: typeof train) =>
      (await fit(options({ train: source, epochs: 2 }))).history[1]!['charts/stall_share']!;
    expect(await share(slow)).toBeGreaterThan(0.5);
    const [quick, waited] = [await share(train), await share(slow)];
    expect(quick).toBeGreaterThanOrEqual(0);
    expect(quick).toBeLessThan(waited);
  });

  it('gives the same numbers for the same seed, and others for another', async () => {
    const [first, again, other] = [options(), options(), options({ seed: 8 })];
    const history = numbers((await fit(first)).history);
    expect(numbers((await fit(again)).history)).toEqual(history);
    expect(parameters(again.network)).toEqual(parameters(first.network));
    expect(numbers((await fit(other)).history)).not.toEqual(history);
  });

  it('moves the head alone in a linear probe, the same on images and on cached features', async () => {
    const onImages = options({ plan: namedPlan('linear-probe') });
    const start = parameters(onImages.network);
    const { history } = await fit(onImages);
    const end = parameters(onImages.network);
    for (const name of Object.keys(start)) {
      if (name.startsWith('head')) expect(end[name]).not.toEqual(start[name]);
      else expect(end[name]).toEqual(start[name]);
    }

    const network = new TinyNetwork(3, 1);
    const cached = (count: number, seed: number, shuffle: boolean) => {
      const { inputs, labels } = toyExamples(count, seed);
      const features = network.features(tf.tensor4d(inputs, [count, ...SHAPE] as [number, number, number, number]));
      return examplesInMemory({ inputs: features.dataSync() as Float32Array, shape: [6], labels, shuffle });
    };
    const onFeatures = await fit(
      options({
        network,
        plan: namedPlan('linear-probe'),
        forward: 'head',
        train: cached(22, 1, true),
        validation: cached(15, 2, false),
      }),
    );
    expect(onFeatures.history.map((record) => record['validation/loss'])).toEqual(
      history.map((record) => expect.closeTo(record['validation/loss']!, 5)),
    );
    await expect(fit(options({ forward: 'head' }))).rejects.toThrow("The plan 'full' moves more than the head");
  });

  it('computes no gradient of a frozen trunk', async () => {
    const kernelsOf = async (plan: string) => {
      const setup = options({ plan: namedPlan(plan), epochs: 1, batchSize: 22 });
      const { kernelNames } = await tf.profile(async () => {
        await fit(setup);
        return tf.scalar(0);
      });
      return kernelNames;
    };
    expect(await kernelsOf('full')).toContain('Conv2DBackpropFilter');
    expect(await kernelsOf('linear-probe')).not.toContain('Conv2DBackpropFilter');
    expect(await kernelsOf('last-2')).not.toContain('Conv2DBackpropFilter');
  });

  it('takes a partial batch for what it is: padding changes nothing', async () => {
    // Frozen normalisation: otherwise the batch's statistics would count the repeated examples.
    const run = async (batchSize: number) => {
      const setup = options({ plan: namedPlan('last-2'), train: toySource(5, 1), batchSize, epochs: 2 });
      const { history } = await fit(setup);
      return { history: history.map((record) => record['train/loss']), ...parameters(setup.network) };
    };
    const exact = await run(5);
    const padded = await run(9);
    for (const [name, values] of Object.entries(padded) as [keyof typeof padded, number[]][])
      expect(values).toEqual(exact[name].map((value) => expect.closeTo(value, 5)));
  });

  it('thaws gradually: what is not yet thawed stays, and the count of what moves grows', async () => {
    const recorder = memory();
    const setup = options({ plan: namedPlan('gradual'), recorder, checkpointSeconds: 0 });
    const start = parameters(setup.network);
    const { history } = await fit(setup);
    expect(history.map((record) => record['charts/trainable_parameters'])).toEqual([21, 51, 167]);
    const at = (epoch: number, name: string) => [
      ...recorder.checkpoints
        .find(({ state }) => state.epoch === epoch && state.batch === 0)!
        .tensors.get(`parameter/${name}`)!.data,
    ];
    expect(at(1, 'body.weight')).toEqual(start['body.weight']);
    expect(at(2, 'body.weight')).not.toEqual(start['body.weight']);
    expect(at(2, 'stem.weight')).toEqual(start['stem.weight']);
    expect(at(2, 'stem.norm.mean')).toEqual(start['stem.norm.mean']);
    expect(at(3, 'stem.norm.mean')).not.toEqual(start['stem.norm.mean']);
  });

  it('holds weights to their start', async () => {
    const distance = async (alpha: number) => {
      const setup = options({
        plan: { ...namedPlan('full'), held: { to: 'start', alpha, beta: 0 } },
        optimizer: sgd(),
        learningRate: 0.1,
        epochs: 15,
      });
      const start = parameters(setup.network)['body.weight']!;
      await fit(setup);
      return parameters(setup.network)['body.weight']!.reduce((sum, w, i) => sum + (w - start[i]!) ** 2, 0);
    };
    expect(await distance(2)).toBeLessThan(0.5 * (await distance(0)));
  });

  describe('held to the source', () => {
    const wandered = async (held: Held) => {
      const source = new TinyNetwork(5, 1);
      const setup = options({
        plan: { ...namedPlan('full'), held },
        source,
        optimizer: sgd(),
        learningRate: 0.1,
        epochs: 10,
      });
      const before = parameters(source);
      const start = setup.network.tap(images, ['stem']).stem!;
      const tensors = tf.memory().numTensors;
      await fit(setup);
      expect(tf.memory().numTensors).toBe(tensors);
      expect(parameters(source)).toEqual(before);
      const end = setup.network.tap(images, ['stem']).stem!;
      const outputs = source.apply(end as tf.Tensor4D, { from: 'stem' });
      return {
        features: tf.sum(tf.squaredDifference(start, end)).dataSync()[0]!,
        outputs: tf.mean(outputDivergences(source.apply(images), outputs)).dataSync()[0]!,
      };
    };
    let images: tf.Tensor4D;
    beforeAll(() => {
      images = tf.tensor4d(toyExamples(10, 4).inputs, [10, 4, 4, 3]);
    });

    it.each(['uniform', 'supervised'] as const)('features wander less (%s attention)', async (attention) => {
      const free = await wandered({ to: 'nothing' });
      const held = await wandered({ to: 'features', strength: 3, beta: 0, attention });
      expect(held.features).toBeLessThan(0.5 * free.features);
    });

    it('outputs wander less', async () => {
      const free = await wandered({ to: 'nothing' });
      const held = await wandered({ to: 'outputs', strength: 20, temperature: 2 });
      expect(held.outputs).toBeLessThan(0.5 * free.outputs);
    });

    it('is refused without a source, and on cached features', async () => {
      await expect(fit(options({ plan: namedPlan('distill') }))).rejects.toThrow('there is no source network');
      const plan = { ...namedPlan('linear-probe'), held: namedPlan('distill').held };
      await expect(fit(options({ plan, forward: 'head' }))).rejects.toThrow('which cached features do not show');
    });
  });

  it('averages with the start: of the trunk the source, of a new head where the trunk began to move', async () => {
    const run = async (share: number | undefined, epochs = 4) => {
      const held: Held = share === undefined ? { to: 'nothing' } : { to: 'average', share };
      const moved = { ...namedPlan('full').moved, thaw: { when: 'head-first', epochs: 2 } } as const;
      const plan = { ...namedPlan('wise'), moved, held };
      const { validation: _, ...setup } = options({ plan, epochs, schedule: constant() });
      await fit(setup);
      return parameters(setup.network);
    };
    const source = parameters(new TinyNetwork(3, 1));
    const [tuned, probed] = [await run(undefined), await run(undefined, 2)];
    expect(probed['body.weight']).toEqual(source['body.weight']);
    expect(tuned['stem.norm.mean']).not.toEqual(source['stem.norm.mean']);
    expect(await run(1)).toEqual(tuned);
    expect(await run(0)).toEqual(probed);
    for (const [name, values] of Object.entries(await run(0.25)))
      expect(values).toEqual(
        values.map((_, i) => expect.closeTo(0.75 * probed[name]![i]! + 0.25 * tuned[name]![i]!, 6)),
      );
  });

  it('follows the schedule by progress', async () => {
    const { history } = await fit(options({ schedule: (progress) => progress, epochs: 2 }));
    // 3 batches an epoch, 6 steps: the last of each epoch are steps 2 and 5
    expect(history.map((record) => record['charts/learning_rate'])).toEqual([0.02 * (2 / 6), 0.02 * (5 / 6)]);
  });

  it('shows progress with the time left', async () => {
    const steps: (number | undefined)[] = [];
    const epochs: number[] = [];
    await fit(
      options({
        epochs: 2,
        progress: {
          step: ({ secondsLeft }) => steps.push(secondsLeft),
          epoch: ({ epoch }) => epochs.push(epoch),
        },
      }),
    );
    expect(epochs).toEqual([0, 1]);
    expect(steps.length).toBe(6);
    expect(steps[0]).toBeUndefined();
    for (const left of steps.slice(1)) expect(left).toBeGreaterThan(0);
  });
});

describe('stopping', () => {
  it('stops when validation no longer gets better, and ends with the best weights', async () => {
    const recorder = memory();
    const setup = options({
      epochs: 50,
      patience: 3,
      learningRate: 0.3,
      schedule: constant(),
      recorder,
      checkpointSeconds: 0,
    });
    const result = await fit(setup);
    expect(result.stopped).toBe('patience');
    expect(result.history.length).toBe(result.best.epoch + 4);
    const best = recorder.checkpoints.findLast(
      ({ state }) => state.epoch === result.best.epoch + 1 && state.batch === 0,
    )!;
    for (const [name, values] of Object.entries(parameters(setup.network)))
      expect(values).toEqual([...best.tensors.get(`parameter/${name}`)!.data]);
  });

  it('does not stop before all is thawed', async () => {
    const result = await fit(
      options({
        plan: namedPlan('gradual'),
        epochs: 12,
        patience: 1,
        learningRate: 1e-12,
        monitor: 'validation/accuracy',
      }),
    );
    expect(result.history.length).toBeGreaterThanOrEqual(3);
    expect(result.history.at(-1)!['charts/trainable_parameters']).toBe(167);
  });

  it('names the step at which the loss is not finite, and keeps the last good checkpoint', async () => {
    const recorder = memory();
    const error = await fit(
      options({
        learningRate: 1e38,
        schedule: (progress) => (progress < 0.3 ? 1e-40 : 1),
        optimizer: sgd(),
        recorder,
        checkpointSeconds: 0,
      }),
    ).catch((error: unknown) => error);
    expect(isUserError(error) && error.message).toMatch(/^Training diverged.* step \d/);
    const { state, tensors } = recorder.checkpoints.at(-1)!;
    expect(state.step).toBeGreaterThan(0);
    for (const { data } of tensors.values()) expect([...data].every(Number.isFinite)).toBe(true);
  });

  it('stops when asked, with a checkpoint', async () => {
    const recorder = memory();
    const controller = new AbortController();
    const progress = { step: () => controller.abort(new Error('enough')), epoch: () => {} };
    await expect(fit(options({ recorder, progress, signal: controller.signal }))).rejects.toThrow('enough');
    expect(recorder.checkpoints.map(({ state }) => state.step)).toEqual([1]);
  });

  it.each<[Partial<FitOptions>, string]>([
    [{ epochs: 0 }, 'epochs is 0'],
    [{ batchSize: 1.5 }, 'batchSize is 1.5'],
    [{ learningRate: Number.NaN }, 'learningRate is NaN'],
    [{ labelSmoothing: 1 }, 'labelSmoothing is 1'],
    [{ clipNorm: 0 }, 'clipNorm is 0'],
    [{ patience: 0 }, 'patience is 0'],
    [{ checkpointSeconds: -1 }, 'checkpointSeconds is -1'],
  ])('refuses %j', async (more, message) => {
    await expect(fit(options(more))).rejects.toThrow(message);
  });
});
