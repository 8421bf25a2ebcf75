/** Batches follow the seed, the epoch and the position alone, and hold what the network expects. */
import type { Batch, EpochRequest } from '@attune/core';
import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { DEFAULT_AUGMENTATION, NO_AUGMENTATION } from './augment/augmentation.ts';
import { viewsOf } from './augment/views.ts';
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

  it('mixes by CutMix, and with mixup beside it by one of the two for each batch', async () => {
    const mixes = async (mixing: object) =>
      collect(
        imageSource(examples, { preprocessing, classes: 3, augmentation: { ...NO_AUGMENTATION, ...mixing } }),
        request(1),
      );
    const cut = await mixes({ cutmix: 1 });
    expect(cut).toEqual(await mixes({ cutmix: 1 }));
    for (const { targets, inputs, labels } of cut) {
      expect(targets).toHaveLength(3 * labels.length);
      // Every pixel is one image's or another's: nothing is blended.
      for (const value of inputs) expect(Number.isInteger((2 * value + 10) / 10)).toBe(true);
    }
    const blends = (batches: Batch[]) =>
      batches.map(({ inputs }) => inputs.some((value) => !Number.isInteger(Math.fround((2 * value + 10) / 10))));
    const epochs = await Promise.all(
      [0, 1, 2, 3].map(async (epoch) =>
        blends(
          await collect(
            imageSource(examples, {
              preprocessing,
              classes: 3,
              augmentation: { ...NO_AUGMENTATION, mixup: 1, cutmix: 1 },
            }),
            request(epoch),
          ),
        ),
      ),
    );
    expect(new Set(epochs.flat())).toEqual(new Set([true, false]));
  });

  it('draws every class equally often where that is asked for, and shows an image anew each time', async () => {
    const rare = [...examples.slice(0, 6).map((example) => ({ ...example, label: 0 })), { ...examples[6]!, label: 1 }];
    const augmentation = { ...NO_AUGMENTATION, jitter: { brightness: 0.5, contrast: 0, saturation: 0 } };
    const source = imageSource(rare, { preprocessing, classes: 2, augmentation, balanced: true });
    expect([...Array.from(source.labels!)]).toEqual([0, 0, 0, 0, 0, 0, 1]);
    const batches = await collect(source, request(3));
    expect(await collect(source, request(3, 1))).toEqual(batches.slice(1));
    const labels = batches.flatMap((batch) => [...batch.labels]);
    expect(labels).toHaveLength(7);
    expect([3, 4]).toContain(labels.filter((label) => label === 1).length);
    const looks = batches.flatMap(({ inputs, labels: some }) =>
      [...some].flatMap((label, row) => (label === 1 ? [inputs[row * 48]] : [])),
    );
    expect(new Set(looks).size).toBe(looks.length);
  });

  it('gives the views of each image side by side, and decodes it once for them', async () => {
    let decoded = 0;
    const counted = examples.slice(0, 2).map((example) => ({
      ...example,
      pixels: () => {
        decoded++;
        return example.pixels();
      },
    }));
    const views = viewsOf('five-crop+flip');
    const source = imageSource(counted, { preprocessing, classes: 3, views });
    expect(source.count).toBe(20);
    const batches = await collect(source, { ...request(0), batchSize: 10 });
    expect(batches.map(({ labels }) => [...labels])).toEqual([Array(10).fill(0), Array(10).fill(1)]);
    expect(decoded).toBe(2);
  });

  it('averages channels for a grey network', async () => {
    const grey = { ...preprocessing, channels: 'gray', mean: [0], std: [1] } as const;
    const [batch] = await collect(imageSource(examples, { preprocessing: grey, classes: 3 }), request(0));
    expect(batch!.shape).toEqual([4, 4, 1]);
    expect(batch!.inputs[16]).toBeCloseTo(10, 4);
  });
});
