/** What the scores are of: features of a frozen network beside the classes that they should tell apart. */

export interface LabelledFeatures {
  /** [count, size], row after row. */
  readonly values: Float32Array;
  /** Features an example. */
  readonly size: number;
  /** Class of each example [count], from 0. */
  readonly labels: Int32Array;
}

/** What a score counts on, checked. */
/** The features of some of the examples, in the order of the indices. */
export function rowsAt({ values, size, labels }: LabelledFeatures, indices: readonly number[]): LabelledFeatures {
  const rows = new Float32Array(indices.length * size);
  for (const [k, i] of indices.entries()) rows.set(values.subarray(i * size, (i + 1) * size), k * size);
  return { values: rows, size, labels: Int32Array.from(indices, (i) => labels[i]!) };
}

export interface CheckedFeatures extends LabelledFeatures {
  readonly count: number;
  /** Greatest label + 1. */
  readonly classes: number;
  /** Examples of each class [classes]; a class may have none. */
  readonly classCounts: Int32Array;
}

/**
 * @throws RangeError where lengths disagree, there is no example, a label is negative, or a feature is not finite.
 */
export function checkFeatures({ values, size, labels }: LabelledFeatures): CheckedFeatures {
  const count = labels.length;
  if (!Number.isSafeInteger(size) || size < 1)
    throw new RangeError(`the size of features is ${size}, and must be at least 1`);
  if (count === 0) throw new RangeError('there are no examples');
  if (values.length !== count * size)
    throw new RangeError(`${values.length} values are not ${count} examples of ${size} features`);
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new RangeError(`feature ${i % size} of example ${Math.floor(i / size)} is ${values[i]}`);
  const classCounts = countClasses(labels);
  return { values, size, labels, count, classes: classCounts.length, classCounts };
}

/** Examples of each class. @throws RangeError for a label that is negative or not an integer. */
export function countClasses(labels: ArrayLike<number>, classes = 0): Int32Array {
  let most = classes - 1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isSafeInteger(label) || label < 0 || label > 1e6)
      throw new RangeError(`label ${label} of example ${i} is not a class number`);
    most = Math.max(most, label);
  }
  const counts = new Int32Array(most + 1);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return counts;
}

/** Sum of each class's rows [classes, size], less `centre` times the class's count. */
export function classSums({ values, size, labels, classes }: CheckedFeatures, centre?: Float64Array): Float64Array {
  const sums = new Float64Array(classes * size);
  for (let i = 0; i < labels.length; i++) {
    const to = labels[i]! * size;
    const from = i * size;
    for (let j = 0; j < size; j++) sums[to + j]! += values[from + j]! - (centre === undefined ? 0 : centre[j]!);
  }
  return sums;
}

/** Mean of each column [size], to the last digit: of equal values it is that value, so that nothing is left of them. */
export function columnMeans(values: Float32Array | Float64Array, size: number): Float64Array {
  const count = values.length / size;
  const means = new Float64Array(size);
  for (let i = 0; i < values.length; i += size) for (let j = 0; j < size; j++) means[j]! += values[i + j]!;
  for (let j = 0; j < size; j++) means[j]! /= count;
  // What rounding left, added once more.
  const rest = new Float64Array(size);
  for (let i = 0; i < values.length; i += size) for (let j = 0; j < size; j++) rest[j]! += values[i + j]! - means[j]!;
  for (let j = 0; j < size; j++) means[j]! += rest[j]! / count;
  return means;
}

/** [rows, columns] to [columns, rows]. */
export function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  return result;
}
