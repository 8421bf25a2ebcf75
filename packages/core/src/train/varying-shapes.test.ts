/** Batches of several shapes in one run, as texts sorted by length are: each shape is traced once, and kept. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { selectBackend } from '../backend.ts';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { batchTensors } from './batch-tensors.ts';
import { type Batch, type ExampleSource, examplesInMemory } from './data.ts';
import { evaluate } from './evaluate.ts';
import { fit } from './fit.ts';

const BATCH_SIZE = 4;

/** Images of the two sides in turn: as a pair of batches, in another order every other epoch. */
function twoSizes(count: number): ExampleSource {
  const random = Random.fromSeed(1);
  const batches = Array.from({ length: count / BATCH_SIZE }, (_, number): Batch => {
    const side = number % 2 === 0 ? 4 : 6;
    const labels = Int32Array.from({ length: BATCH_SIZE }, (_, i) => i % 3);
    const inputs = Float32Array.from({ length: BATCH_SIZE * side * side * 3 }, (_, i) =>
      random.normal(labels[Math.floor(i / (side * side * 3))] === i % 3 ? 1 : 0, 0.5),
    );
    return { inputs, shape: [side, side, 3], labels };
  });
  return {
    count,
    batches: ({ epoch, firstBatch }) => (epoch % 2 === 0 ? batches : batches.toReversed()).slice(firstBatch),
  };
}

async function train(backend: string) {
  await selectBackend({ prefer: backend });
  const network = new TinyNetwork(3, 1);
  onTestFinished(() => network.dispose());
  const traces: number[] = [];
  const counted = tf.backend() as unknown as { stats?: () => { stepTraces: number } };
  const recorder = {
    epoch: async () => void traces.push(counted.stats?.().stepTraces ?? 0),
    checkpoint: async () => {},
  };
  const data = { train: twoSizes(16), validation: twoSizes(8) };
  const options = { plan: namedPlan('full'), epochs: 4, batchSize: BATCH_SIZE, learningRate: 0.02, seed: 7 };
  const { history } = await fit({ network, ...data, ...options, recorder });
  return { network, history, traces };
}

describe('batches of two shapes', () => {
  it('train as on cpu, and are traced in the first epoch alone', async () => {
    const expected = await train('cpu');
    const { history, traces, network } = await train('onnx');
    expect(history.map((epoch) => epoch['train/loss'])).toEqual(
      expected.history.map((epoch) => expect.closeTo(epoch['train/loss'], 4)),
    );
    expect(traces).toEqual(traces.map(() => traces[0]));
    const { accuracy, labels } = await evaluate({ network, source: twoSizes(8), batchSize: BATCH_SIZE });
    expect(labels).toHaveLength(8);
    expect(accuracy).toBe(history.at(-1)!['validation/accuracy']);
  });
});

describe('integers', () => {
  it('stay integers from the source to the tensors', async () => {
    await selectBackend({ prefer: 'cpu' });
    const source = examplesInMemory({ inputs: Int32Array.of(1, 2, 70_000, 4, 5, 0), shape: [2], labels: [0, 1, 0] });
    const [batch] = source.batches({ epoch: 0, batchSize: 3, firstBatch: 0, random: Random.fromSeed(0) }) as Batch[];
    const { inputs, targets, weights } = batchTensors(batch!, 4, 2);
    expect([inputs.dtype, inputs.shape]).toEqual(['int32', [4, 2]]);
    expect([...(await inputs.data())]).toEqual([1, 2, 70_000, 4, 5, 0, 1, 2]);
    tf.dispose([inputs, targets, weights]);
  });
});
