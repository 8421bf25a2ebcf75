/**
 * TransRate: the coding rate of all features less the mean coding rate of a class's (Huang, Huang, Rong, Yang and Wei
 * 2022, "Frustratingly Easy Transferability Estimation"). Higher is better.
 */
import { cholesky, logDeterminant } from '../linear-algebra/cholesky.ts';
import { addGram, columnsOf, rowsOf } from '../linear-algebra/products.ts';
import { checkFeatures, columnMeans, type LabelledFeatures } from './labelled-features.ts';

export interface TransRateOptions {
  /** Squared distortion that the code allows a feature. Default 1e-4, as in the paper. */
  readonly epsilon?: number;
}

/**
 * R(F) - mean over classes of R(F_c), with R(F) = (1/2) log det(I + F'F / (n epsilon)) and F centred over all examples. As
 * in the authors' code every class that occurs counts the same, however many examples it has, and no class is centred
 * by itself. Features without any variance give 0.
 * @throws RangeError where lengths disagree, a feature is not finite, or epsilon is not above 0.
 */
export function transRate(features: LabelledFeatures, { epsilon = 1e-4 }: TransRateOptions = {}): number {
  if (!(epsilon > 0 && Number.isFinite(epsilon))) throw new RangeError(`epsilon is ${epsilon}, and must be above 0`);
  const { values, size, labels, count, classCounts } = checkFeatures(features);
  const mean = columnMeans(values, size);
  const rows = new Float64Array(values.length);
  // Classes lie one after the other, so that each is a matrix of its own.
  const next = classCounts.map((_, c) => classCounts.slice(0, c).reduce((sum, n) => sum + n, 0));
  for (let i = 0; i < count; i++) {
    const to = next[labels[i]!]!++ * size;
    for (let j = 0; j < size; j++) rows[to + j] = values[i * size + j]! - mean[j]!;
  }
  let ofClasses = 0;
  let start = 0;
  for (const n of classCounts) {
    if (n > 0) ofClasses += codingRate(rows.subarray(start * size, (start + n) * size), n, size, epsilon);
    start += n;
  }
  return codingRate(rows, count, size, epsilon) - ofClasses / classCounts.filter((n) => n > 0).length;
}

/** The determinants of I + F'F and I + FF' are the same: the smaller is taken. */
function codingRate(rows: Float64Array, count: number, size: number, epsilon: number): number {
  const n = Math.min(count, size);
  const gram = new Float64Array(n * n);
  addGram(gram, count < size ? rowsOf(rows, count, size) : columnsOf(rows, count, size));
  for (let i = 0; i < gram.length; i++) gram[i]! /= count * epsilon;
  for (let i = 0; i < n; i++) gram[i * (n + 1)]! += 1;
  return logDeterminant(cholesky(gram, n, 0)) / 2;
}
