/** Cutting a square of a given size out of decoded pixels: at the centre, or at random as training does. */
import type { Random } from '@attune/core';
import type { Pixels } from '../images/decode.ts';

/** A rectangle of the source image, in pixels; edges may lie between pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The square of side `side` in the middle, at whole pixels; the largest square where the image is smaller. */
export function centreBox(image: Pixels, side: number): Box {
  const edge = Math.min(side, image.width, image.height);
  return {
    left: Math.floor((image.width - edge) / 2),
    top: Math.floor((image.height - edge) / 2),
    width: edge,
    height: edge,
  };
}

export interface CropRange {
  /** Share of the image's area that a crop may have, from and to. */
  readonly scale: readonly [from: number, to: number];
  /** Width over height of a crop, from and to; drawn uniformly in the logarithm. */
  readonly ratio: readonly [from: number, to: number];
}

const ATTEMPTS = 10;

/**
 * The random resized crop of Szegedy et al. 2014 (arXiv:1409.4842, section 6): a rectangle of random area, shape and
 * place. Where none fits in ten attempts, the largest square in the middle.
 */
export function randomBox(image: Pixels, range: CropRange, random: Random): Box {
  const area = image.width * image.height;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const target = area * random.uniform(...range.scale);
    const ratio = Math.exp(random.uniform(Math.log(range.ratio[0]), Math.log(range.ratio[1])));
    const width = Math.sqrt(target * ratio);
    const height = Math.sqrt(target / ratio);
    if (width > image.width || height > image.height) continue;
    return {
      left: random.uniform(0, image.width - width),
      top: random.uniform(0, image.height - height),
      width,
      height,
    };
  }
  return centreBox(image, Math.min(image.width, image.height));
}

/**
 * The box resampled to `size` x `size`, RGB values in 0..255 as floats. Bilinear with pixel centres at halves; a box that is
 * reduced is averaged over its source pixels first, so that fine texture does not alias. A box at whole pixels and of the
 * same size is an exact copy.
 * @param mirrored Left and right exchanged.
 */
export function resample(image: Pixels, box: Box, size: number, mirrored: boolean): Float32Array {
  const columns = taps(box.left, box.width, size, image.width);
  const rows = taps(box.top, box.height, size, image.height);
  const output = new Float32Array(size * size * 3);
  // Rows first: every output row is a blend of source rows, then columns are blended within it.
  const blended = new Float32Array(image.width * 3);
  const [firstColumn, lastColumn] = [columns.first[0]!, columns.first[size - 1]! + columns.count - 1];
  const [from, to] = [firstColumn * 3, Math.min(lastColumn + 1, image.width) * 3];
  for (let y = 0; y < size; y++) {
    blended.fill(0, from, to);
    for (let t = 0; t < rows.count; t++) {
      const weight = rows.weights[y * rows.count + t]!;
      if (weight === 0) continue;
      const row = (rows.first[y]! + t) * image.width * 3;
      for (let i = from; i < to; i++) blended[i]! += weight * image.data[row + i]!;
    }
    for (let x = 0; x < size; x++) {
      const target = (y * size + (mirrored ? size - 1 - x : x)) * 3;
      for (let t = 0; t < columns.count; t++) {
        const weight = columns.weights[x * columns.count + t]!;
        if (weight === 0) continue;
        const source = (columns.first[x]! + t) * 3;
        output[target]! += weight * blended[source]!;
        output[target + 1]! += weight * blended[source + 1]!;
        output[target + 2]! += weight * blended[source + 2]!;
      }
    }
  }
  return output;
}

interface Taps {
  /** First source position of each output position. */
  readonly first: Int32Array;
  /** Source positions that each output position blends. */
  readonly count: number;
  /** [size, count]; each row sums to 1; a position beyond the edge has weight 0. */
  readonly weights: Float32Array;
}

/** A triangle filter along one axis, as wide as the reduction. */
function taps(start: number, extent: number, size: number, limit: number): Taps {
  const scale = extent / size;
  const radius = Math.max(scale, 1);
  const count = Math.ceil(2 * radius) + 1;
  const first = new Int32Array(size);
  const weights = new Float32Array(size * count);
  for (let i = 0; i < size; i++) {
    const centre = start + (i + 0.5) * scale - 0.5;
    first[i] = Math.min(Math.max(Math.ceil(centre - radius), 0), limit - 1);
    let sum = 0;
    for (let t = 0; t < count; t++) {
      const position = first[i]! + t;
      // Weights that would fall beyond the edge are left out, and the rest is scaled up.
      const weight = position < limit ? Math.max(1 - Math.abs(position - centre) / radius, 0) : 0;
      weights[i * count + t] = weight;
      sum += weight;
    }
    for (let t = 0; t < count; t++) weights[i * count + t]! /= sum;
  }
  return { first, count, weights };
}
