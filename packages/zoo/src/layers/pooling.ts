/** Pooling, in the conventions of the frameworks that the weights come from. */
import { tf } from '@attune/core';
import type { Layer } from './layer.ts';
import { pure } from './layer.ts';

export interface PoolingOptions {
  readonly size: number;
  readonly stride: number;
  /**
   * `floor` drops rows and columns that no whole window covers; `ceil` is Caffe's rule, a last window may reach over
   * the edge, where nothing is; a number pads each side by that much (never chosen as the maximum).
   */
  readonly edges: 'floor' | 'ceil' | number;
}

export function maxPool(options: PoolingOptions): Layer {
  const { size, stride, edges } = options;
  if (edges !== 'ceil') return pure((x) => tf.maxPool(x, size, stride, edges === 'floor' ? 'valid' : edges));
  return pure((x) => {
    const below = overhang(x.shape[1], size, stride);
    const right = overhang(x.shape[2], size, stride);
    if (below === 0 && right === 0) return tf.maxPool(x, size, stride, 'valid');
    return tf.maxPool(x, size, stride, [
      [0, 0],
      [0, below],
      [0, right],
      [0, 0],
    ]);
  });
}

/**
 * Averages 3 x 3 neighbourhoods at stride 1, edges counted as zeros: what PyTorch's InceptionV3 does, where TensorFlow
 * divides by the number of real neighbours.
 */
export const averagePool3x3: Layer = pure((x) => {
  const padded = tf.pad(x, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  return tf.avgPool(padded, 3, 1, 'valid');
});

/** Mean over rows and columns: [N, H, W, C] to [N, C]. */
export function globalAverage(x: tf.Tensor4D): tf.Tensor2D {
  return tf.mean(x, [1, 2]);
}

/** How far the last window of Caffe's rule reaches over the edge, in pixels. */
function overhang(length: number, size: number, stride: number): number {
  const windows = Math.ceil((length - size) / stride) + 1;
  return Math.max((windows - 1) * stride + size - length, 0);
}
