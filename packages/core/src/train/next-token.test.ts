/** Training on sequences: losses, counts and penalties are of tokens, whatever sequences they are in. */
import '@tensorflow/tfjs-backend-cpu';
import { beforeEach, describe, expect, it } from 'vitest';
import { BigramNetwork, countingSource, LENGTH } from '../../test/bigram-network.ts';
import { memoryRecorder, numbersOf, parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { constant } from '../optim/schedule.ts';
import { sgd } from '../optim/sgd.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import type { TransferPlan } from '../transfer/plan.ts';
import { batchTensors } from './batch-tensors.ts';
import { evaluate } from './evaluate.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';

const CLASSES = 6;
const LENGTHS = [5, 2, 4, 1, 3, 5, 5];

const keeping = (name: string, more: Partial<TransferPlan> = {}): TransferPlan => ({
  ...namedPlan(name),
  carried: { what: 'everything' },
  added: { head: 'none' },
  ...more,
});
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  network: new BigramNetwork(CLASSES, 1),
  plan: keeping('full'),
  train: countingSource(CLASSES, LENGTHS, true),
  validation: countingSource(CLASSES, LENGTHS),
  loss: 'next-token',
  epochs: 2,
  batchSize: 3,
  learningRate: 0.1,
  seed: 3,
  ...more,
});

/** Loss of each token of `countingSource`, and whether it is the likeliest, from the definition. */
function byDefinition(network: BigramNetwork, lengths: readonly number[]) {
  const [table, head] = ['embedding.weight', 'head.weight'].map(
    (name) => network.parameters.get(name)!.variable.arraySync() as number[][],
  );
  return lengths.flatMap((length, row) =>
    Array.from({ length }, (_, i) => {
      const vector = table![(row + i) % CLASSES]!;
      const logits = head![0]!.map((_, k) => vector.reduce((sum, x, j) => sum + x * head![j]![k]!, 0));
      const target = (row + i + 1) % CLASSES;
      return {
        loss: Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[target]!,
        right: logits[target] === Math.max(...logits),
      };
    }),
  );
}
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe.each(['cpu', 'onnx'])('next-token training on %s', (backend) => {
  beforeEach(async () => void (await selectBackend({ prefer: backend })));

  it('measures loss and accuracy over the tokens that are to be named', async () => {
    const network = new BigramNetwork(CLASSES, 1);
    const source = countingSource(CLASSES, LENGTHS);
    const expected = byDefinition(network, LENGTHS);
    const { loss, accuracy, predictions, labels } = await evaluate({
      network,
      source,
      batchSize: 3,
      loss: 'next-token',
    });
    expect(loss).toBeCloseTo(mean(expected.map((token) => token.loss)), 5);
    expect(accuracy).toBeCloseTo(mean(expected.map(({ right }) => Number(right))), 10);
    expect([...labels]).toEqual(
      LENGTHS.flatMap((length, row) => Array.from({ length }, (_, i) => (row + i + 1) % CLASSES)),
    );
    expect(predictions).toHaveLength(labels.length);
  });

  it('learns to count, and reports what it learnt by tokens', async () => {
    const { history } = await fit(options({ epochs: 40 }));
    expect(history[0]!['validation/accuracy']).toBeLessThan(0.7);
    expect(history.at(-1)!['validation/loss']).toBeLessThan(0.1);
    expect(history.at(-1)!['validation/accuracy']).toBe(1);
    expect(history.at(-1)!['train/accuracy']).toBe(1);
  });

  it('takes one large batch and several that are accumulated for the same, token by token', async () => {
    const large = options({ batchSize: 7, optimizer: sgd(), schedule: constant() });
    const parts = options({ batchSize: 3, accumulate: 3, optimizer: sgd(), schedule: constant() });
    const [a, b] = [await fit(large), await fit(parts)];
    expect(b.history[1]!['train/loss']).toBeCloseTo(a.history[1]!['train/loss'], 5);
    const [one, other] = [parametersOf(large.network), parametersOf(parts.network)];
    for (const [name, values] of Object.entries(one))
      expect(other[name]).toEqual(values.map((value) => expect.closeTo(value, 4)));
  });

  it('goes on exactly from any step', async () => {
    const recorder = memoryRecorder();
    const unbroken = options();
    const expected = await fit({ ...unbroken, recorder, checkpointSeconds: 0 });
    expect(recorder.checkpoints).toHaveLength(6);
    for (const resume of recorder.checkpoints) {
      const setup = options();
      const resumed = await fit({ ...setup, resume });
      expect(numbersOf(resumed.history)).toEqual(numbersOf(expected.history));
      expect(parametersOf(setup.network)).toEqual(parametersOf(unbroken.network));
    }
  });

  it.each<[string, TransferPlan['held']]>([
    ['outputs', { to: 'outputs', strength: 100, temperature: 2 }],
    ['features', { to: 'features', strength: 100, beta: 0, attention: 'uniform' }],
    ['start', { to: 'start', alpha: 100, beta: 0 }],
  ])('stays near the source where it is held to its %s', async (_, held) => {
    const source = new BigramNetwork(CLASSES, 1);
    const moved = async (plan: TransferPlan) => {
      const run = options({ plan, source, epochs: 10, learningRate: 0.01 });
      await fit(run);
      return tf.tidy(() => {
        const rows = tf.range(0, CLASSES, 1, 'int32');
        // A head that moves on features that do not changes the outputs.
        const seen = (network: FitOptions['network']) =>
          held.to === 'features' ? network.features(rows) : tf.softmax(network.apply(rows));
        return tf.sum(tf.abs(tf.sub(seen(run.network), seen(source)))).dataSync()[0]!;
      });
    };
    expect(await moved(keeping('full', { held }))).toBeLessThan(0.5 * (await moved(keeping('full'))));
  });
});

it('pads batches with places that do not count', () => {
  const [batch] = [
    ...(countingSource(CLASSES, [2, 3]).batches({
      epoch: 0,
      batchSize: 3,
      firstBatch: 0,
      random: undefined as never,
    }) as Iterable<never>),
  ];
  const { inputs, targets, weights } = batchTensors(batch!, 3, CLASSES, { loss: 'next-token' });
  expect(inputs.shape).toEqual([3, LENGTH]);
  expect(targets.shape).toEqual([3, LENGTH]);
  expect(targets.dtype).toBe('int32');
  expect([...weights.dataSync()]).toEqual([1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
});

it('refuses what does not go with tokens', async () => {
  const [batch] = [
    ...(countingSource(CLASSES, [2, 3]).batches({
      epoch: 0,
      batchSize: 3,
      firstBatch: 0,
      random: undefined as never,
    }) as Iterable<{ tokens: Int32Array }>),
  ];
  const tensors = (tokens: Int32Array | undefined, classes = CLASSES) =>
    batchTensors({ ...batch, tokens } as never, 3, classes, { loss: 'next-token' });
  expect(() => tensors(batch!.tokens, 3)).toThrow('token 3 is not in 0..2');
  expect(() => tensors(undefined)).toThrow('needs tokens [N, T], and this one of 2 examples has none');
  expect(() => tensors(new Int32Array(9))).toThrow('has 9');
  await expect(fit(options({ classWeights: 'balanced' }))).rejects.toThrow('the loss is next-token');
  await expect(fit(options({ plan: keeping('delta'), source: new BigramNetwork(CLASSES, 1) }))).rejects.toThrow(
    'sequences have none',
  );
  await expect(fit(options({ loss: 'tokens' as never }))).rejects.toThrow('softmax, sigmoid or next-token');
});
