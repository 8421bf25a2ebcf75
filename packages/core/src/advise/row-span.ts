/**
 * Fewer examples than features: the rows in coordinates of the space that they span, lengths and angles kept. Weights with
 * an L2 penalty lie in that space (the representer theorem), so a model is fitted there and carried back, exactly.
 */
import { cholesky } from '../linear-algebra/cholesky.ts';
import { addGram, rowsOf } from '../linear-algebra/products.ts';

export interface RowSpan {
  readonly rank: number;
  /** [count, rank]: Z with ZZ' = XX'. */
  readonly coordinates: Float64Array;
  /** The weights [size] of the features that give each row what `weights` [rank] give its coordinates. */
  carryBack(weights: Float64Array): Float64Array;
}

/** @param rows X [count, size]. Copied where needed, not changed. */
export function rowSpan(rows: Float64Array, count: number, size: number): RowSpan {
  const gram = new Float64Array(count * count);
  addGram(gram, rowsOf(rows, count, size));
  // XX' = LL': row i of L holds the coordinates of row i of X in an orthonormal basis Q, X = LQ', whose directions come from
  // the pivots: with the pivots' rows alone, X_p = L_p Q', and L_p is a triangle.
  const { factor, rank, pivots } = cholesky(gram, count);
  const coordinates = new Float64Array(count * rank);
  for (let i = 0; i < count; i++) coordinates.set(factor.subarray(i * count, i * count + rank), i * rank);
  const carryBack = (weights: Float64Array): Float64Array => {
    // Q w = X_p' (L_p'^-1 w)
    const mix = weights.slice();
    const carried = new Float64Array(size);
    for (let j = rank - 1; j >= 0; j--) {
      for (let i = j + 1; i < rank; i++) mix[j]! -= factor[pivots[i]! * count + j]! * mix[i]!;
      mix[j]! /= factor[pivots[j]! * count + j]!;
      const row = pivots[j]! * size;
      for (let k = 0; k < size; k++) carried[k]! += mix[j]! * rows[row + k]!;
    }
    return carried;
  };
  return { rank, coordinates, carryBack };
}
