/** From pixels in 0..255 to the numbers that a network was trained on. */
import type { Preprocessing } from '@attune/core';
import { luminance } from '../augment/jitter.ts';

/** Numbers of one preprocessed image. */
export function imageLength({ size, channels }: Preprocessing): number {
  return size * size * (channels === 'gray' ? 1 : 3);
}

/**
 * Writes a view [size, size, 3] of RGB values in 0..255 into `target` from `offset` on, in the order of the network's
 * channels, each (value - mean) / std.
 */
export function preprocess(view: Float32Array, record: Preprocessing, target: Float32Array, offset: number): void {
  const { channels, mean, std } = record;
  if (channels === 'gray') {
    for (let i = 0; i < view.length; i += 3) target[offset + i / 3] = (luminance(view, i) - mean[0]!) / std[0]!;
    return;
  }
  const order = channels === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  for (let i = 0; i < view.length; i += 3)
    for (let c = 0; c < 3; c++) target[offset + i + c] = (view[i + order[c]!]! - mean[c]!) / std[c]!;
}
