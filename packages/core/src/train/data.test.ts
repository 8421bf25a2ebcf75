import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { batchTensors } from './batch-tensors.ts';
import { ahead, type Batch, examplesInMemory } from './data.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const source = (shuffle: boolean) =>
  examplesInMemory({
    inputs: Float32Array.from({ length: 14 }, (_, i) => i),
    shape: [2],
    labels: [0, 1, 2, 3, 4, 5, 6],
    shuffle,
  });
const read = (shuffle: boolean, epoch: number, firstBatch = 0) =>
  [
    ...(source(shuffle).batches({
      epoch,
      batchSize: 3,
      firstBatch,
      random: Random.fromSeed(1).fork(epoch),
    }) as Iterable<Batch>),
  ].map(({ labels }) => [...labels]);

describe('examplesInMemory', () => {
  it('gives every example once, in order, the last batch with what is left', () => {
    expect(read(false, 0)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const [first] = source(false).batches({
      epoch: 0,
      batchSize: 3,
      firstBatch: 1,
      random: Random.fromSeed(1),
    }) as Batch[] & Iterable<Batch>;
    expect(first).toEqual({ inputs: Float32Array.of(6, 7, 8, 9, 10, 11), shape: [2], labels: Int32Array.of(3, 4, 5) });
  });

  it('shuffles anew every epoch, and the same again when asked again', () => {
    expect(read(true, 0).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(read(true, 0)).toEqual(read(true, 0));
    expect(read(true, 0)).not.toEqual(read(true, 1));
    expect(read(true, 5, 1)).toEqual(read(true, 5).slice(1));
  });

  it('refuses arrays that do not agree', () => {
    expect(() => examplesInMemory({ inputs: new Float32Array(3), shape: [2], labels: [0] })).toThrow('need 2');
    expect(() => examplesInMemory({ inputs: new Float32Array(0), shape: [2], labels: [] })).toThrow('no examples');
  });
});

describe('batchTensors', () => {
  const batch = { inputs: Float32Array.of(1, 2, 3, 4), shape: [2], labels: Int32Array.of(2, 0) };
  it('pads with repeated examples of weight 0', () => {
    const { inputs, targets, weights } = batchTensors(batch, 5, 3);
    expect(inputs.arraySync()).toEqual([
      [1, 2],
      [3, 4],
      [1, 2],
      [3, 4],
      [1, 2],
    ]);
    expect(targets.arraySync()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 1],
    ]);
    expect(weights.arraySync()).toEqual([1, 1, 0, 0, 0]);
  });
  it('takes soft targets as they are', () => {
    const targets = Float32Array.of(0.5, 0.5, 0, 0, 0, 1);
    expect(batchTensors({ ...batch, targets }, 2, 3).targets.arraySync()).toEqual([
      [0.5, 0.5, 0],
      [0, 0, 1],
    ]);
  });
  it('refuses what does not fit', () => {
    expect(() => batchTensors(batch, 1, 3)).toThrow('a batch of 2 examples, and the batch size is 1');
    expect(() => batchTensors(batch, 2, 2)).toThrow('label 2 is not in 0..1');
    expect(() => batchTensors({ ...batch, shape: [3] }, 2, 3)).toThrow('has 4 values');
    expect(() => batchTensors({ ...batch, targets: Float32Array.of(1) }, 2, 3)).toThrow('has 1 targets');
  });
});

describe('ahead', () => {
  it('asks for the next item before the one before is done with', async () => {
    const log: string[] = [];
    async function* items() {
      for (const i of [1, 2, 3]) {
        log.push(`read ${i}`);
        yield i;
      }
    }
    for await (const i of ahead(items())) {
      await Promise.resolve();
      log.push(`use ${i}`);
    }
    expect(log).toEqual(['read 1', 'read 2', 'use 1', 'read 3', 'use 2', 'use 3']);
  });

  it('closes the source when it is left early, and passes on its errors in their place', async () => {
    let closed = false;
    function* items() {
      try {
        yield 1;
        yield 2;
        throw new Error('broken');
      } finally {
        closed = true;
      }
    }
    for await (const _ of ahead(items())) break;
    expect(closed).toBe(true);
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const i of ahead(items())) seen.push(i);
      })(),
    ).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2]);
  });
});
