/** How well class predictions agree with the labels: pure functions of integers. */

/** Share of predictions that equal their label, in [0, 1]. NaN without examples. */
export function accuracy(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  sameLength(predictions, labels);
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) right++;
  return right / labels.length;
}

/** Entry [i][j] counts the examples of class i that were taken for class j. @throws RangeError for a class out of range. */
export function confusionMatrix(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): number[][] {
  sameLength(predictions, labels);
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = matrix[labels[i]!];
    if (row?.[predictions[i]!] === undefined)
      throw new RangeError(
        `example ${i}: label ${labels[i]} or prediction ${predictions[i]} is not in 0..${classes - 1}`,
      );
    row[predictions[i]!]!++;
  }
  return matrix;
}

/** Share of each class's examples that were recognised (recall), in [0, 1]; null for a class without examples. */
export function perClassAccuracy(matrix: readonly (readonly number[])[]): (number | null)[] {
  return matrix.map((row, i) => {
    const total = sum(row);
    return total === 0 ? null : row[i]! / total;
  });
}

/** Share of the examples that were taken for each class and are of it, in [0, 1]; null for a class that none was taken for. */
export function perClassPrecision(matrix: readonly (readonly number[])[]): (number | null)[] {
  return matrix.map((row, i) => {
    const taken = sum(matrix.map((other) => other[i]!));
    return taken === 0 ? null : row[i]! / taken;
  });
}

/**
 * Mean over the classes of F1 = 2 TP / (2 TP + FP + FN), in [0, 1]: every class counts the same, however rare. Classes
 * that neither occur nor are predicted are left out. NaN when none is left.
 */
export function macroF1(matrix: readonly (readonly number[])[]): number {
  const scores: number[] = [];
  matrix.forEach((row, i) => {
    const occurs = sum(row);
    const predicted = sum(matrix.map((other) => other[i]!));
    if (occurs + predicted > 0) scores.push((2 * row[i]!) / (occurs + predicted));
  });
  return sum(scores) / scores.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sameLength(predictions: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (predictions.length !== labels.length)
    throw new RangeError(`${predictions.length} predictions for ${labels.length} labels`);
}
