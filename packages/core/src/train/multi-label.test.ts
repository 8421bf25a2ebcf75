/** Several labels an example: a toy task where the red, green and blue of an image each have a label. */
import { describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { SHAPE } from '../../test/toy-task.ts';
import { fitOptions, parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { multiLabelMetrics } from '../metrics/multi-label.ts';
import { sgd } from '../optim/sgd.ts';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { examplesInMemory } from './data.ts';
import { evaluate } from './evaluate.ts';
import { fit } from './fit.ts';

function colours(count: number, seed: number) {
  const random = Random.fromSeed(seed);
  const targets = Float32Array.from({ length: count * 3 }, () => random.integer(2));
  const inputs = Float32Array.from({ length: count * 48 }, (_, i) =>
    random.normal(targets[Math.floor(i / 48) * 3 + (i % 3)]! * 2, 0.3),
  );
  return { inputs, targets, labels: new Int32Array(count).fill(-1), shape: SHAPE };
}
const train = () => examplesInMemory({ ...colours(60, 1), shuffle: true });
const validation = () => examplesInMemory(colours(21, 2));

describe.each(['cpu', 'onnx'])('the sigmoid loss, on %s', (backend) => {
  it('learns every label, and evaluates to the metrics of its own logits', async () => {
    await selectBackend({ prefer: backend });
    const network = new TinyNetwork(3, 1);
    const options = { network, train: train(), validation: validation(), loss: 'sigmoid' } as const;
    const result = await fit(fitOptions({ ...options, epochs: 15, learningRate: 0.05 }));
    expect(result.best['validation/mean_average_precision']).toBeGreaterThan(0.95);
    expect(result.best['validation/macro_f1']).toBeGreaterThan(0.85);
    expect(result.history.at(-1)!['train/accuracy']).toBeGreaterThan(result.history[0]!['train/accuracy']);

    const evaluation = await evaluate({ network, source: validation(), batchSize: 8, loss: 'sigmoid' });
    expect(evaluation.multiLabel!.meanAveragePrecision).toBe(result.best['validation/mean_average_precision']);
    const { inputs, targets } = colours(21, 2);
    const logits = await network.apply(tf.tensor4d(inputs, [21, 4, 4, 3])).data();
    const expected = multiLabelMetrics(logits, targets, 3);
    expect(evaluation.accuracy).toBe(expected.exactMatch);
    expect(evaluation.multiLabel!.microF1).toBeCloseTo(expected.microF1, 12);
    expect([...evaluation.predictions]).toEqual([...logits].map((logit) => Number(logit > 0)));
    expect([...evaluation.labels]).toEqual([...targets]);
    const loss = [...logits].reduce((sum, z, i) => sum + Math.log1p(Math.exp(z)) - targets[i]! * z, 0) / 63;
    expect(evaluation.loss).toBeCloseTo(loss, 4);
    network.dispose();
  });
});

it('trains the same on both', async () => {
  const run = async (prefer: string) => {
    await selectBackend({ prefer });
    const setup = fitOptions({
      train: train(),
      validation: validation(),
      loss: 'sigmoid',
      labelSmoothing: 0.1,
      optimizer: sgd(),
      learningRate: 0.1,
      accumulate: 2,
      plan: namedPlan('auto-rgn'),
      averaging: { decay: 0.8 },
    });
    const { history } = await fit(setup);
    const parameters = parametersOf(setup.network);
    setup.network.dispose();
    return { parameters, losses: history.map((record) => record['validation/loss']!) };
  };
  const [expected, actual] = [await run('cpu'), await run('onnx')];
  expect(actual.losses).toEqual(expected.losses.map((loss) => expect.closeTo(loss, 4)));
  for (const [name, values] of Object.entries(expected.parameters))
    expect(actual.parameters[name], name).toEqual(values.map((value) => expect.closeTo(value, 3)));
});

it('refuses batches without targets, and options that are for one class', async () => {
  await selectBackend({ prefer: 'cpu' });
  await expect(fit(fitOptions({ loss: 'sigmoid' }))).rejects.toThrow('needs targets');
  const options = { train: train(), validation: validation() };
  await expect(fit(fitOptions({ ...options, loss: 'sigmoid', classWeights: 'balanced' }))).rejects.toThrow('one class');
  await expect(fit(fitOptions({ monitor: 'validation/mean_average_precision' }))).rejects.toThrow('sigmoid loss only');
});
