/** Features of the same images in two dimensions, before and after training. */
import { Random } from '@attune/core';
import type { OnProgress } from '@attune/demo-parts/api';
import { breathe, fitted, principalComponents } from '@attune/demo-parts/worker';
import { UMAP } from 'umap-js';
import type { ProjectionMethod } from '../api.ts';

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
