/** Batches follow the seed, the epoch and the position alone, and hold what the network expects. */
import type { Batch, EpochRequest } from '@attune/core';
import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { DEFAULT_AUGMENTATION, NO_AUGMENTATION } from './augment/augmentation.ts';
import { imageSource } from './batches.ts';
import type { Example } from './dataset/open.ts';

const SIZE = 4;
const preprocessing = { size: SIZE, resize: SIZE, channels: 'rgb', mean: [10, 10, 10], std: [2, 2, 2] } as const;
/** Image i is of the value 10 i all over, of class i % 3. */
const examples: Example[] = Array.from({ length: 7 }, (_, i) => ({
  name: String(i),
  label: i % 3,
  pixels: async () => {
    // Later images come sooner, which must not change their order.
    await new Promise((resolve) => setTimeout(resolve, 7 - i));
    return { width: SIZE + 1, height: SIZE, data: new Uint8Array((SIZE + 1) * SIZE * 3).fill(10 * i) };
  },
}));
const request = (epoch: number, firstBatch = 0): EpochRequest => ({
  epoch,
  batchSize: 3,
  firstBatch,
  random: Random.fromSeed(5).fork(epoch),
});
async function collect(source: ReturnType<typeof imageSource>, of: EpochRequest): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.batches(of)) batches.push(batch);
  return batches;
}

describe('imageSource', () => {
  it('gives images in their order for evaluation, preprocessed', async () => {
    const source = imageSource(examples, { preprocessing, classes: 3 });
    const batches = await collect(source, request(0));
    expect(source.count).toBe(7);
    expect(batches.map(({ labels }) => [...labels])).toEqual([[0, 1, 2], [0, 1, 2], [0]]);
    expect(batches[0]!.shape).toEqual([4, 4, 3]);
    expect(batches[1]!.inputs).toHaveLength(3 * 48);
    expect(batches[1]!.inputs[48]).toBe((40 - 10) / 2);
    expect(batches[2]!.targets).toBeUndefined();
  });

  it('gives another order every epoch in training, each image once, and the same for the same seed', async () => {
    const source = imageSource(examples, { preprocessing, classes: 3, augmentation: NO_AUGMENTATION });
    const order = async (epoch: number) =>
      (await collect(source, request(epoch))).flatMap(({ inputs, labels }) =>
        Array.from(labels, (_, row) => (2 * inputs[row * 48]! + 10) / 10),
      );
    expect([...(await order(0))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await order(0)).toEqual(await order(0));
    expect(await order(0)).not.toEqual(await order(1));
  });

  it('goes on from any batch exactly as an unbroken epoch does, augmentation and mixup included', async () => {
    const augmentation = { ...DEFAULT_AUGMENTATION, mixup: 0.4 };
    const source = imageSource(examples, { preprocessing, classes: 3, augmentation });
    const whole = await collect(source, request(2));
    expect(whole).toHaveLength(3);
    expect(await collect(source, request(2, 1))).toEqual(whole.slice(1));
    expect(await collect(source, request(2, 3))).toEqual([]);
    for (const { targets, labels } of whole) {
      expect(targets).toHaveLength(3 * labels.length);
      labels.forEach((_, row) => {
        expect(targets!.slice(3 * row, 3 * row + 3).reduce((sum, v) => sum + v, 0)).toBeCloseTo(1, 5);
      });
    }
  });

  it('averages channels for a grey network', async () => {
    const grey = { ...preprocessing, channels: 'gray', mean: [0], std: [1] } as const;
    const [batch] = await collect(imageSource(examples, { preprocessing: grey, classes: 3 }), request(0));
    expect(batch!.shape).toEqual([4, 4, 1]);
    expect(batch!.inputs[16]).toBeCloseTo(10, 4);
  });
});
