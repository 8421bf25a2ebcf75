/**
 * Features' second moments in the basis of their principal axes, and what each class's sum is there: the few numbers that
 * LogME and both H-scores are functions of. The smaller of X'X [size, size] and XX' [count, count] is decomposed; their
 * eigenvalues other than 0 are the same.
 */
import { addGram, columnsOf, rowsOf } from '../linear-algebra/products.ts';
import { symmetricSpectrum } from '../linear-algebra/spectrum.ts';
import { type CheckedFeatures, classSums, transposed } from './labelled-features.ts';

export interface ClassSpectrum {
  /** Eigenvalues of X'X that are not rounding, [rank], each above 0. */
  readonly values: Float64Array;
  /**
   * [rank, classes]: with X = U S V' and u_c the 0/1 indicator of class c, (U' u_c)^2. What a class's sum X'u_c has along
   * axis k is S_k times the root.
   */
  readonly shares: Float64Array;
}

/** Of the greatest eigenvalue: smaller ones are taken for 0. Features come in single precision (epsilon 6e-8, squared). */
const RELATIVE_TOLERANCE = 1e-12;
/** Of the features' squares: what centring features that are all equal may leave. */
const CENTRING_TOLERANCE = 1e-30;

/**
 * Eigenvalues of X'X that are not above this are rounding.
 * @param squares Sum of all features' squares before they were centred.
 */
export function eigenvalueTolerance(values: Float64Array, squares: number): number {
  const greatest = values.reduce((most, value) => Math.max(most, value), 0);
  return Math.max(RELATIVE_TOLERANCE * greatest, CENTRING_TOLERANCE * squares);
}

/** @param centre Taken off each row [size]; without it X is taken as it is. */
export function classSpectrum(features: CheckedFeatures, centre?: Float64Array): ClassSpectrum {
  const { values, size, count } = features;
  return count < size ? fromRows(features, centre) : fromColumns(values, features, centre);
}

function fromColumns(values: Float32Array, features: CheckedFeatures, centre?: Float64Array): ClassSpectrum {
  const { size, count, classes } = features;
  const gram = new Float64Array(size * size);
  addGram(gram, columnsOf(values, count, size, centre));
  const sums = transposed(classSums(features, centre), classes, size);
  const spectrum = symmetricSpectrum(gram, size, sums);
  return kept(spectrum.values, features, (k, c) => spectrum.projections[k * classes + c]! ** 2 / spectrum.values[k]!);
}

function fromRows(features: CheckedFeatures, centre?: Float64Array): ClassSpectrum {
  const { values, size, count, classes, labels } = features;
  const rows = Float64Array.from(values);
  if (centre) for (let i = 0; i < rows.length; i++) rows[i]! -= centre[i % size]!;
  const gram = new Float64Array(count * count);
  addGram(gram, rowsOf(rows, count, size));
  const indicators = new Float64Array(count * classes);
  for (let i = 0; i < count; i++) indicators[i * classes + labels[i]!] = 1;
  const spectrum = symmetricSpectrum(gram, count, indicators);
  return kept(spectrum.values, features, (k, c) => spectrum.projections[k * classes + c]! ** 2);
}

function kept(
  values: Float64Array,
  { values: features, classes }: CheckedFeatures,
  share: (k: number, c: number) => number,
): ClassSpectrum {
  const tolerance = eigenvalueTolerance(
    values,
    features.reduce((sum, value) => sum + value * value, 0),
  );
  const axes = [...values.keys()].filter((k) => values[k]! > tolerance);
  const shares = new Float64Array(axes.length * classes);
  for (const [i, k] of axes.entries()) for (let c = 0; c < classes; c++) shares[i * classes + c] = share(k, c);
  return { values: Float64Array.from(axes, (k) => values[k]!), shares };
}
