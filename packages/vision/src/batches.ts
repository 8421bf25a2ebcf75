/**
 * Batches of images for core's training loop. Images are decoded and augmented ahead of the step that needs them; the
 * order and every random change depend on the seed, the epoch and the image's number alone, so a run can be taken up again
 * at any batch.
 */
import type { Batch, ExampleSource, Preprocessing, Random } from '@attune/core';
import { balancedOrder } from '@attune/core';
import type { Augmentation } from './augment/augmentation.ts';
import { augmentedView } from './augment/augmentation.ts';
import { cutMix } from './augment/cutmix.ts';
import { mixUp } from './augment/mixup.ts';
import type { View } from './augment/views.ts';
import { viewOf, viewsOf } from './augment/views.ts';
import { labelKindOf, multiHot, requireNoBalance } from './dataset/labels.ts';
import { mapInOrder } from './dataset/map-in-order.ts';
import type { Example } from './dataset/open.ts';
import type { Pixels } from './images/decode.ts';
import { imageLength, preprocess } from './images/preprocess.ts';

/** Batches that are being made while one is used. */
const BATCHES_AHEAD = 2;

export interface ImageSourceOptions {
  readonly preprocessing: Preprocessing;
  /** Number of classes: targets of mixup, and of images with several labels, are rows of so many. */
  readonly classes: number;
  /** What is done to images in training; undefined: `views`, in the given order, as in evaluation. */
  readonly augmentation?: Augmentation | undefined;
  /** With augmentation: whether every class is drawn equally often, instead of every image once. Default false. */
  readonly balanced?: boolean | undefined;
  /** Without augmentation: the views of each image, one after the other, each an example. Default: the centre. */
  readonly views?: readonly View[];
}

/**
 * The examples as a source of batches [N, size, size, channels]. With an augmentation they come in another order every
 * epoch; without one, as they are. Examples with several labels come with targets [N, classes] of 0 and 1, for the sigmoid
 * loss, and cannot be balanced.
 */
export function imageSource(examples: readonly Example[], options: ImageSourceOptions): ExampleSource {
  const { preprocessing, classes, augmentation, balanced = false, views = viewsOf('centre') } = options;
  const { size, channels } = preprocessing;
  const shape = [size, size, channels === 'gray' ? 1 : 3];
  const length = imageLength(preprocessing);
  const count = augmentation ? examples.length : examples.length * views.length;
  const kind = labelKindOf(examples);
  requireNoBalance(balanced ? 'sampling' : null, kind);
  const labels = examples.map(({ label }) => label);
  const orderOf = (random: Random): readonly number[] => {
    if (!augmentation) return Array.from({ length: count }, (_, index) => index);
    return balanced ? balancedOrder(labels, random) : random.permutation(count);
  };
  // An image that is drawn again is to look different.
  const drawsOf = (index: number, position: number) => `image/${index}${balanced ? `/${position}` : ''}`;
  return {
    count,
    ...(augmentation && kind === 'single' ? { labels } : {}),
    async *batches({ batchSize, firstBatch, random }) {
      const order = orderOf(random.fork('order'));
      const batchCount = Math.ceil(count / batchSize);
      const numbers = Array.from({ length: Math.max(batchCount - firstBatch, 0) }, (_, i) => firstBatch + i);

      const makeBatch = async (number: number): Promise<Batch> => {
        const indices = order.slice(number * batchSize, (number + 1) * batchSize);
        const chosen = indices.map((index) => examples[augmentation ? index : Math.floor(index / views.length)]!);
        const inputs = new Float32Array(indices.length * length);
        const labels = Int32Array.from(chosen, ({ label }) => label);
        // The views of an image stand side by side: it is decoded once for them.
        const decoded = new Map<Example, Promise<Pixels>>();
        await Promise.all(
          chosen.map(async (example, row) => {
            const pending = decoded.get(example) ?? example.pixels();
            decoded.set(example, pending);
            const [pixels, index] = [await pending, indices[row]!];
            const view = augmentation
              ? augmentedView(pixels, size, augmentation, random.fork(drawsOf(index, number * batchSize + row)))
              : viewOf(pixels, size, views[index % views.length]!);
            preprocess(view, preprocessing, inputs, row * length);
          }),
        );
        const { mixup = 0, cutmix = 0 } = augmentation ?? {};
        const mixes = mixup > 0 || cutmix > 0;
        if (!mixes && kind === 'single') return { inputs, shape, labels };
        const batch = { inputs, shape, labels, targets: multiHot(chosen, classes) };
        if (mixes) mix(batch, { mixup, cutmix }, random.fork(`mixup/${number}`));
        return batch;
      };
      yield* mapInOrder(numbers, BATCHES_AHEAD, makeBatch);
    },
  };
}

/** Mixup or CutMix, in place; where both are asked for, one of them, as a coin says. */
function mix(
  { inputs, labels, shape, targets }: Batch & { readonly inputs: Float32Array; readonly targets: Float32Array },
  { mixup, cutmix }: { readonly mixup: number; readonly cutmix: number },
  random: Random,
): void {
  const rows = labels.length;
  const cuts = mixup === 0 || (cutmix !== 0 && random.fork('which').integer(2) === 1);
  if (cuts) cutMix({ images: inputs, targets, rows, size: shape[0]! }, cutmix, random);
  else mixUp([inputs, targets], rows, mixup, random);
}
