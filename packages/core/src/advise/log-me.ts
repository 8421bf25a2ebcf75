/**
 * LogME: the logarithm of the maximum evidence of a Bayesian linear model from features to labels (You, Liu, Wang and
 * Long 2021, "LogME: Practical Assessment of Pre-trained Models for Transfer Learning"), by MacKay's fixed point, which
 * the authors' code uses by default. Higher is better; values of the same data set compare, those of two do not.
 */
import { classSpectrum } from './class-spectrum.ts';
import { checkFeatures, type LabelledFeatures } from './labelled-features.ts';

/** As in the authors' code. */
const MOST_ROUNDS = 11;
const RELATIVE_CHANGE = 1e-3;
/**
 * Of the labels' squares: the residual is not taken for smaller than this, nor are the unexplained degrees of freedom for
 * fewer. Features that fit the labels exactly would have infinite evidence.
 */
const LEAST = 1e-10;

/**
 * Mean over the classes that occur of log p(y_c | F) / count, with y_c = 1 for the class's examples and 0 for others,
 * y_c ~ N(F w, 1/b), w ~ N(0, 1/a), and a, b where the evidence is greatest. The model has no intercept: features are
 * taken as they are. Features that are all 0 give the evidence of noise alone.
 * @throws RangeError where lengths disagree, or a feature is not finite.
 */
export function logMe(features: LabelledFeatures): number {
  const checked = checkFeatures(features);
  const { count, classes, classCounts } = checked;
  const { values, shares } = classSpectrum(checked);
  let sum = 0;
  let occurring = 0;
  for (let c = 0; c < classes; c++) {
    if (classCounts[c] === 0) continue;
    const squares = values.map((_, k) => shares[k * classes + c]!);
    sum += maximumEvidence(values, squares, classCounts[c]!, count);
    occurring++;
  }
  return sum / occurring;
}

/**
 * @param s Eigenvalues of F'F that are not 0.
 * @param z2 Squares of U'y, with F = U S V'.
 * @param yy Square of y's length.
 */
function maximumEvidence(s: Float64Array, z2: Float64Array, yy: number, count: number): number {
  const outside = Math.max(0, yy - z2.reduce((sum, value) => sum + value, 0)); // of y, what no weights reach
  let a = 1;
  let b = 1;
  let best = evidence(s, z2, outside, yy, count, a, b);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { effective, weights, residual } = posterior(s, z2, outside, yy, a / b);
    if (!(weights > 0)) return noiseEvidence(yy, count); // no feature tells anything: a grows without end
    const before = a / b;
    a = effective / weights;
    b = Math.max(count - effective, LEAST * count) / residual;
    best = evidence(s, z2, outside, yy, count, a, b);
    if (Math.abs(a / b - before) <= RELATIVE_CHANGE * before) break;
  }
  return best / count;
}

/** At a/b = t: effective number of weights, |m|^2, and |F m - y|^2. */
function posterior(s: Float64Array, z2: Float64Array, outside: number, yy: number, t: number) {
  let effective = 0;
  let weights = 0;
  let residual = outside;
  for (let k = 0; k < s.length; k++) {
    const shrunk = t / (s[k]! + t);
    effective += s[k]! / (s[k]! + t);
    weights += (z2[k]! * s[k]!) / (s[k]! + t) ** 2;
    residual += z2[k]! * shrunk * shrunk;
  }
  return { effective, weights, residual: Math.max(residual, LEAST * yy) };
}

/** Directions that no feature reaches add (1/2) log a and take it away again: the sums go over the others alone. */
function evidence(
  s: Float64Array,
  z2: Float64Array,
  outside: number,
  yy: number,
  count: number,
  a: number,
  b: number,
): number {
  const { weights, residual } = posterior(s, z2, outside, yy, a / b);
  let logs = 0;
  for (let k = 0; k < s.length; k++) logs += Math.log(a) - Math.log(a + b * s[k]!);
  return (logs + count * Math.log(b / (2 * Math.PI)) - b * residual - a * weights) / 2;
}

/** y ~ N(0, 1/b) at the best b. */
function noiseEvidence(yy: number, count: number): number {
  return (Math.log(count / (2 * Math.PI * yy)) - 1) / 2;
}
