/**
 * The Fréchet distance of two sets of features, each taken for a Gaussian (Dowson and Landau 1982; as a measure of sets of
 * images: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", where it is FID). It is the squared distance
 * |mean_a - mean_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2): 0 for equal moments, and in squared units of the features.
 */
import { cholesky } from '../linear-algebra/cholesky.ts';
import { addProducts, columnsOf, type MatrixView, rowsOf } from '../linear-algebra/products.ts';
import { symmetricSpectrum } from '../linear-algebra/spectrum.ts';
import type { FeatureMoments } from './feature-moments.ts';

/**
 * With full covariances. Few examples raise it: covariances of fewer examples than features miss directions. Compare
 * values of equal counts, or use `diagonalFrechetDistance`.
 * @throws RangeError where sizes disagree, or a side has no example.
 */
export function frechetDistance(a: FeatureMoments, b: FeatureMoments): number {
  if (a.size !== b.size) throw new RangeError(`${a.size} features cannot be compared with ${b.size}`);
  if (a.count === 0 || b.count === 0) throw new RangeError('there are no examples on one side');
  const n = a.size;
  // With A = LL' the eigenvalues of L'BL are those of A^1/2 B A^1/2. The side of fewer examples has the lower rank.
  const [factored, other] = a.count <= b.count ? [a.covariance(), b.covariance()] : [b.covariance(), a.covariance()];
  const { factor, rank } = cholesky(factored, n);
  const columns: MatrixView = { ...columnsOf(factor, n, n), rows: rank };
  const right = new Float64Array(n * rank);
  addProducts(right, rowsOf(other, n, n), columns);
  const product = new Float64Array(rank * rank);
  addProducts(product, columns, columnsOf(right, n, rank));
  const crossed = symmetricSpectrum(product, rank).values.reduce(
    (sum, value) => sum + Math.sqrt(Math.max(value, 0)),
    0,
  );
  let distance = -2 * crossed;
  for (let i = 0; i < n; i++) {
    distance += (a.mean[i]! - b.mean[i]!) ** 2;
    distance += factored[i * (n + 1)]! + other[i * (n + 1)]!;
  }
  return Math.max(distance, 0); // rounding may fall below
}

/**
 * With the features taken for independent: |mean_a - mean_b|^2 + sum_i (deviation_a_i - deviation_b_i)^2. Means and variances
 * are what batch normalisation stores, so it needs no example of the source.
 * @throws RangeError where lengths disagree, or a variance is negative.
 */
export function diagonalFrechetDistance(
  meanA: ArrayLike<number>,
  varianceA: ArrayLike<number>,
  meanB: ArrayLike<number>,
  varianceB: ArrayLike<number>,
): number {
  const size = meanA.length;
  for (const { length } of [varianceA, meanB, varianceB])
    if (length !== size) throw new RangeError(`${length} values beside ${size}`);
  let distance = 0;
  for (let i = 0; i < size; i++) {
    if (!(varianceA[i]! >= 0 && varianceB[i]! >= 0))
      throw new RangeError(`the variances of feature ${i} are ${varianceA[i]} and ${varianceB[i]}`);
    distance += (meanA[i]! - meanB[i]!) ** 2 + (Math.sqrt(varianceA[i]!) - Math.sqrt(varianceB[i]!)) ** 2;
  }
  return distance;
}
