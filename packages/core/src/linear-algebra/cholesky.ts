/**
 * Cholesky's factor of a symmetric positive semi-definite matrix with pivots (Higham 1990, "Analysis of the Cholesky
 * decomposition of a semi-definite matrix"): it also finds the rank, so that covariances of few examples, constant
 * columns and repeated rows need no case of their own.
 */

export interface Cholesky {
  /** L [n, n]: A = L L'; columns from `rank` on are 0. Rows are in the matrix's own order. */
  readonly factor: Float64Array;
  readonly rank: number;
  /** The row that each of the `rank` columns was made by: L[pivots[k], j] is 0 for j > k. */
  readonly pivots: Int32Array;
}

/** Of the greatest diagonal element, times n: what is left below is rounding. */
const RELATIVE_TOLERANCE = 1e-13;

/**
 * @param matrix [n, n], not changed.
 * @param relativeTolerance 0 for matrices that are known to be positive definite.
 */
export function cholesky(matrix: Float64Array, n: number, relativeTolerance = n * RELATIVE_TOLERANCE): Cholesky {
  const factor = new Float64Array(n * n);
  const left = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
  const pivots = new Int32Array(n);
  const used = new Uint8Array(n);
  const tolerance = relativeTolerance * left.reduce((most, value) => Math.max(most, value), 0);
  let rank = 0;
  for (; rank < n; rank++) {
    let pivot = -1;
    for (let i = 0; i < n; i++) if (!used[i] && (pivot < 0 || left[i]! > left[pivot]!)) pivot = i;
    if (!(left[pivot]! > tolerance)) break;
    used[pivot] = 1;
    pivots[rank] = pivot;
    const diagonal = Math.sqrt(left[pivot]!);
    factor[pivot * n + rank] = diagonal;
    for (let i = 0; i < n; i++) {
      if (used[i]) continue;
      const value = (matrix[pivot * n + i]! - dot(factor, i * n, pivot * n, rank)) / diagonal;
      factor[i * n + rank] = value;
      left[i] = left[i]! - value * value;
    }
  }
  return { factor, rank, pivots: pivots.slice(0, rank) };
}

/** Log of the determinant of a matrix of full rank. */
export function logDeterminant({ factor, pivots }: Cholesky): number {
  const n = Math.sqrt(factor.length);
  let sum = 0;
  for (const [k, pivot] of pivots.entries()) sum += Math.log(factor[pivot * n + k]!);
  return 2 * sum;
}

function dot(values: Float64Array, a: number, b: number, length: number): number {
  // Four sums: a single one would wait for each addition to end.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += values[a + k]! * values[b + k]!;
    s1 += values[a + k + 1]! * values[b + k + 1]!;
    s2 += values[a + k + 2]! * values[b + k + 2]!;
    s3 += values[a + k + 3]! * values[b + k + 3]!;
  }
  for (; k < length; k++) s0 += values[a + k]! * values[b + k]!;
  return s0 + s1 + (s2 + s3);
}
