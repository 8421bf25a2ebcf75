/**
 * CutMix (Yun et al. 2019, arXiv:1905.04899): a rectangle of each image is replaced by the same rectangle of a partner, and
 * the targets are mixed by area.
 */
import type { Random } from '@attune/core';
import { beta } from './mixup.ts';

/** [rows, size, size, channels] and [rows, classes]. */
export interface MixableBatch {
  readonly images: Float32Array;
  readonly targets: Float32Array;
  readonly rows: number;
  /** Side of an image, pixels. */
  readonly size: number;
}

/**
 * In place. Algorithm 1 of the paper: a share from Beta(alpha, alpha) of each image is kept; the rectangle has the images'
 * shape, its centre is drawn uniformly, and what of it lies outside is cut off. The targets follow the area that is left.
 */
export function cutMix({ images, targets, rows, size }: MixableBatch, alpha: number, random: Random): void {
  const kept = beta(alpha, random);
  const partners = random.permutation(rows);
  const side = Math.floor(size * Math.sqrt(1 - kept));
  const [centreX, centreY] = [random.integer(size), random.integer(size)];
  const [left, right] = edges(centreX, side, size);
  const [top, bottom] = edges(centreY, side, size);

  const original = images.slice();
  const length = images.length / rows;
  const channels = length / (size * size);
  for (let row = 0; row < rows; row++)
    for (let y = top; y < bottom; y++) {
      const [from, to] = [(y * size + left) * channels, (y * size + right) * channels];
      const partner = partners[row]! * length;
      images.set(original.subarray(partner + from, partner + to), row * length + from);
    }

  const share = 1 - ((right - left) * (bottom - top)) / (size * size);
  const classes = targets.length / rows;
  const own = targets.slice();
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < classes; i++)
      targets[row * classes + i] = share * own[row * classes + i]! + (1 - share) * own[partners[row]! * classes + i]!;
}

function edges(centre: number, side: number, size: number): [from: number, to: number] {
  const from = centre - Math.floor(side / 2);
  return [Math.max(from, 0), Math.min(from + side, size)];
}
