/** Features of the same images in two dimensions, before and after training. */
import { Random } from '@attune/core';
import { UMAP } from 'umap-js';
import type { OnProgress, ProjectionMethod } from '../api.ts';
import { breathe } from './breathe.ts';
import { principalComponents } from './pca.ts';

/** UMAP's default number of neighbours (McInnes et al. 2018, arXiv:1802.03426); fewer where there are few images. */
const NEIGHBOURS = 15;

/**
 * @param values [count, size], row after row.
 * @returns [count, 2], each in [0, 1].
 */
export async function project(
  values: Float32Array,
  count: number,
  method: ProjectionMethod,
  onProgress: OnProgress,
): Promise<Float32Array> {
  const size = values.length / count;
  const places =
    method === 'pca' ? principalComponents(values, count, size) : await umap(values, count, size, onProgress);
  return fitted(places);
}

async function umap(values: Float32Array, count: number, size: number, onProgress: OnProgress): Promise<Float32Array> {
  const random = Random.fromSeed('umap');
  const umap = new UMAP({ nNeighbors: Math.min(NEIGHBOURS, count - 1), random: () => random.uniform() });
  const rows = Array.from({ length: count }, (_, row) => [...values.subarray(row * size, (row + 1) * size)]);
  const epochs = umap.initializeFit(rows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 20 === 0) onProgress(epoch, epochs);
    await breathe();
  }
  return Float32Array.from(umap.getEmbedding().flat());
}

/** Moved and scaled into the unit square, x and y alike, so that distances keep their proportions. */
export function fitted(places: Float32Array): Float32Array {
  const range = (axis: number) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = axis; i < places.length; i += 2) {
      low = Math.min(low, places[i]!);
      high = Math.max(high, places[i]!);
    }
    return { middle: (low + high) / 2, span: high - low };
  };
  const [x, y] = [range(0), range(1)];
  const span = Math.max(x.span, y.span) || 1;
  return places.map((value, i) => 0.5 + (value - (i % 2 === 0 ? x : y).middle) / span);
}
