import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { toySource } from '../../test/toy-task.ts';
import { parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { tf } from '../tensorflow.ts';
import { evaluate } from './evaluate.ts';
import { fineTune } from './fine-tune.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'cpu' });
});

const data = { train: toySource(60, 1, true), validation: toySource(30, 2) };

describe('fineTune', () => {
  it('trains the head, then everything', async () => {
    const network = new TinyNetwork(3, 1);
    const start = parametersOf(network);
    const afterHead: ReturnType<typeof parametersOf>[] = [];
    let epochs = 0;
    const progress = { step: () => {}, epoch: () => void (++epochs === 5 && afterHead.push(parametersOf(network))) };
    const tensors = tf.memory().numTensors;
    const setup = { network, ...data, batchSize: 8, headEpochs: 5, learningRate: 0.03, progress };
    const { best, head, all } = await fineTune(setup);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(head.history.map((record) => record['charts/trainable_parameters'])).toEqual([21, 21, 21, 21, 21]);
    expect(all.history[0]!['charts/trainable_parameters']).toBe(167);
    expect(afterHead[0]!['stem.weight']).toEqual(start['stem.weight']);
    expect(afterHead[0]!['stem.norm.mean']).toEqual(start['stem.norm.mean']);
    expect(parametersOf(network)['stem.weight']).not.toEqual(start['stem.weight']);
    expect(best['validation/accuracy']).toBeGreaterThan(0.8);
    // Warm-up: the rate of the first epoch's last update is below that of the next, and the last is near 0.
    const rates = all.history.map((record) => record['charts/learning_rate']);
    expect(rates[0]!).toBeLessThan(rates[1]!);
    network.dispose();
  });

  it('learns with no options but the data, the same each time, in epochs that follow from the number of updates', async () => {
    const run = async () => {
      const network = new TinyNetwork(3, 1);
      const { head, all } = await fineTune({ network, ...data });
      const losses = head.history.map((record) => record['train/loss']);
      return { parameters: parametersOf(network), losses, epochs: all.history.length };
    };
    const first = await run();
    expect(first.losses.length).toBe(40);
    expect(first.losses.at(-1)!).toBeLessThan(first.losses[0]!);
    expect(first.epochs).toBeLessThanOrEqual(60);
    expect(await run()).toEqual(first);
  });

  it('keeps the head alone where moving everything made it worse', async () => {
    const network = new TinyNetwork(3, 1);
    const setup = { network, ...data, batchSize: 8, headLearningRate: 0.05, learningRate: 100, epochs: 2 };
    const { best, head, all } = await fineTune(setup);
    expect(all.best['validation/accuracy']).toBeLessThan(head.best['validation/accuracy']!);
    expect(best).toBe(head.best);
    const { loss } = await evaluate({ network, source: data.validation, batchSize: 8 });
    expect(loss).toBeCloseTo(head.best['validation/loss']!, 6);
  });
});
