/**
 * Batches of images for core's training loop. Images are decoded and augmented ahead of the step that needs them; the
 * order and every random change depend on the seed, the epoch and the image's number alone, so a run can be taken up again
 * at any batch.
 */
import type { Batch, ExampleSource, Preprocessing } from '@attune/core';
import type { Augmentation } from './augment/augmentation.ts';
import { augmentedView, centreView } from './augment/augmentation.ts';
import { mixUp } from './augment/mixup.ts';
import { mapInOrder } from './dataset/map-in-order.ts';
import type { Example } from './dataset/open.ts';
import { imageLength, preprocess } from './images/preprocess.ts';

/** Batches that are being made while one is used. */
const BATCHES_AHEAD = 2;

export interface ImageSourceOptions {
  readonly preprocessing: Preprocessing;
  /** Number of classes: targets of mixup are distributions over them. */
  readonly classes: number;
  /** What is done to images in training; undefined: their centre, in the given order, as in evaluation. */
  readonly augmentation?: Augmentation | undefined;
}

/**
 * The examples as a source of batches [N, size, size, channels]. With an augmentation they come in another order every
 * epoch; without one, as they are.
 */
export function imageSource(examples: readonly Example[], options: ImageSourceOptions): ExampleSource {
  const { preprocessing, classes, augmentation } = options;
  const { size, channels } = preprocessing;
  const shape = [size, size, channels === 'gray' ? 1 : 3];
  const length = imageLength(preprocessing);
  return {
    count: examples.length,
    async *batches({ batchSize, firstBatch, random }) {
      const order = augmentation
        ? random.fork('order').permutation(examples.length)
        : Array.from(examples, (_, index) => index);
      const batchCount = Math.ceil(examples.length / batchSize);
      const numbers = Array.from({ length: Math.max(batchCount - firstBatch, 0) }, (_, i) => firstBatch + i);

      const makeBatch = async (number: number): Promise<Batch> => {
        const indices = order.slice(number * batchSize, (number + 1) * batchSize);
        const inputs = new Float32Array(indices.length * length);
        const labels = Int32Array.from(indices, (index) => examples[index]!.label);
        await Promise.all(
          indices.map(async (index, row) => {
            const pixels = await examples[index]!.pixels();
            const view = augmentation
              ? augmentedView(pixels, size, augmentation, random.fork(`image/${index}`))
              : centreView(pixels, size);
            preprocess(view, preprocessing, inputs, row * length);
          }),
        );
        if (!augmentation || augmentation.mixup === 0) return { inputs, shape, labels };
        const targets = new Float32Array(labels.length * classes);
        labels.forEach((label, row) => {
          targets[row * classes + label] = 1;
        });
        mixUp([inputs, targets], labels.length, augmentation.mixup, random.fork(`mixup/${number}`));
        return { inputs, shape, labels, targets };
      };
      yield* mapInOrder(numbers, BATCHES_AHEAD, makeBatch);
    },
  };
}
