/**
 * How well a linear classifier on features does on examples that it was not fitted to: ridge regression onto one-hot
 * targets (Hastie et al., The Elements of Statistical Learning, sections 3.4.1 and 4.2), in its dual form, whose cost
 * grows with the examples and not with the features; stratified cross-validation.
 */
import { stratifiedFolds } from '@attune/vision';

const FOLDS = 5;

/** In shares of the mean squared length of a standardised example. */
const RIDGE = 0.1;

/** @returns The share, in [0, 1], of examples that are named right by the classifier of the folds that they are not in. */
export function crossValidatedAccuracy(
  values: Float32Array,
  size: number,
  labels: readonly number[],
  classes: number,
): number {
  const count = labels.length;
  const least = Math.min(...Array.from({ length: classes }, (_, c) => labels.filter((label) => label === c).length));
  const folds = Math.max(2, Math.min(FOLDS, least));
  const foldOf = stratifiedFolds(labels, folds, 1);
  const kernel = products(standardised(values, count, size), count, size);
  let right = 0;
  for (let fold = 0; fold < folds; fold++) {
    const inside = foldOf.flatMap((own, i) => (own === fold ? [] : [i]));
    const coefficients = solve(
      inside.map((i) => inside.map((j) => kernel[i * count + j]! + (i === j ? RIDGE * size : 0))),
      inside.map((i) => Array.from({ length: classes }, (_, c) => (labels[i] === c ? 1 : 0) - 1 / classes)),
    );
    for (const [i, own] of foldOf.entries()) {
      if (own !== fold) continue;
      const scores = Array.from({ length: classes }, (_, c) =>
        inside.reduce((sum, j, row) => sum + kernel[i * count + j]! * coefficients[row]![c]!, 0),
      );
      if (scores.indexOf(Math.max(...scores)) === labels[i]) right++;
    }
  }
  return right / count;
}

function standardised(values: Float32Array, count: number, size: number): Float64Array {
  const mean = new Float64Array(size);
  const square = new Float64Array(size);
  for (let i = 0; i < values.length; i++) mean[i % size]! += values[i]! / count;
  for (let i = 0; i < values.length; i++) square[i % size]! += (values[i]! - mean[i % size]!) ** 2 / count;
  return Float64Array.from(values, (value, i) => (value - mean[i % size]!) / (Math.sqrt(square[i % size]!) || 1));
}

function products(rows: Float64Array, count: number, size: number): Float64Array {
  const kernel = new Float64Array(count * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += rows[i * size + k]! * rows[j * size + k]!;
      kernel[i * count + j] = kernel[j * count + i] = sum;
    }
  return kernel;
}

/** Solves A X = B for a positive definite A, by Cholesky's decomposition, in place. */
function solve(a: number[][], b: number[][]): number[][] {
  const n = a.length;
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let sum = a[i]![j]!;
      for (let k = 0; k < j; k++) sum -= a[i]![k]! * a[j]![k]!;
      a[i]![j] = i === j ? Math.sqrt(sum) : sum / a[j]![j]!;
    }
  for (let c = 0; c < (b[0]?.length ?? 0); c++) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) b[i]![c]! -= a[i]![k]! * b[k]![c]!;
      b[i]![c]! /= a[i]![i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) b[i]![c]! -= a[k]![i]! * b[k]![c]!;
      b[i]![c]! /= a[i]![i]!;
    }
  }
  return b;
}
