/**
 * What training does to an image before the network sees it: a random crop, a mirror image, other colours. A plain value,
 * kept in the run's record. What happens to an image depends on the seed, the epoch and its number alone, so that a run
 * that was broken off and resumed sees exactly what an unbroken one would.
 */
import type { Random } from '@attune/core';
import type { Pixels } from '../images/decode.ts';
import type { CropRange } from './crop.ts';
import { centreBox, randomBox, resample } from './crop.ts';
import type { Jitter } from './jitter.ts';
import { jitterColours } from './jitter.ts';

export interface Augmentation {
  /** Random resized crops; null: the centre, as in evaluation. */
  readonly crop: CropRange | null;
  /** Whether every second image, at random, is mirrored left to right. */
  readonly flip: boolean;
  /** Colour jitter; null: none. */
  readonly jitter: Jitter | null;
  /** Alpha of mixup; 0: none. */
  readonly mixup: number;
  /** Alpha of CutMix; 0 or absent: none. With both, every batch gets one of them. */
  readonly cutmix?: number;
}

/** Mild, for fine-tuning on some hundred photos: crops of at least 0.35 of the area, as the object is to stay in sight. */
export const DEFAULT_AUGMENTATION: Augmentation = {
  crop: { scale: [0.35, 1], ratio: [3 / 4, 4 / 3] },
  flip: true,
  jitter: { brightness: 0.2, contrast: 0.2, saturation: 0.2 },
  mixup: 0,
};

/** Evaluation's view of an image, also in training. */
export const NO_AUGMENTATION: Augmentation = { crop: null, flip: false, jitter: null, mixup: 0 };

/** The centre of an image and that of its mirror image: with these two views, features can still be computed once. */
export const MIRROR_ONLY: Augmentation = { ...NO_AUGMENTATION, flip: true };

/** Whether there are only so many views of an image (its centre, its mirror image), so that they can be listed. */
export function hasFewViews({ crop, jitter, mixup, cutmix = 0 }: Augmentation): boolean {
  return crop === null && jitter === null && mixup === 0 && cutmix === 0;
}

/** The image with left and right exchanged. */
export function mirrored({ width, height, data }: Pixels): Pixels {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) turned[(y * width + x) * 3 + c] = data[(y * width + width - 1 - x) * 3 + c]!;
  return { width, height, data: turned };
}

/** The centre of the image, [size, size, 3], values in 0..255. */
export function centreView(image: Pixels, size: number): Float32Array {
  return resample(image, centreBox(image, size), size, false);
}

/** The augmented image, [size, size, 3], values in 0..255. */
export function augmentedView(image: Pixels, size: number, augmentation: Augmentation, random: Random): Float32Array {
  const { crop, flip, jitter } = augmentation;
  const box = crop ? randomBox(image, crop, random) : centreBox(image, size);
  const mirrored = flip && random.integer(2) === 1;
  const view = resample(image, box, size, mirrored);
  if (jitter) jitterColours(view, jitter, random);
  return view;
}
