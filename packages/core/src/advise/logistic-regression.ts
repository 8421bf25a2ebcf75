/**
 * Multinomial logistic regression with an L2 penalty: minimises
 *
 *   mean_i -log softmax(W x_i + b)[y_i] + (decay / 2) |W|^2
 *
 * over W and b, the biases free, by L-BFGS in double precision. With fewer examples than features it is fitted in the span
 * of the rows, which changes nothing but the time.
 */
import { addProducts, columnsOf, rowsOf } from '../linear-algebra/products.ts';
import { checkFeatures, type LabelledFeatures } from './labelled-features.ts';
import { type MinimizeOptions, minimize } from './lbfgs.ts';
import { rowSpan } from './row-span.ts';
import { standardization, standardized } from './standardize.ts';

export interface LogisticRegressionOptions extends MinimizeOptions {
  /** Of the weights of the features as they are fitted: standardised, unless that is switched off. Above 0. Default 0.1. */
  readonly decay?: number;
  /** Fit on features of mean 0 and variance 1; the model takes features as they come all the same. Default true. */
  readonly standardize?: boolean;
}

/** With standardised features the penalty counts as much as a direction of a tenth of a feature's variance. */
export const DEFAULT_DECAY = 0.1;

/** A fitted model. */
export class LogisticRegression {
  constructor(
    readonly size: number,
    readonly classes: number,
    /** [classes, size], for features as they come. */
    readonly weights: Float64Array,
    /** [classes]; -Infinity for a class without examples. */
    readonly biases: Float64Array,
    readonly iterations: number,
    /** False where the iterations ran out before the gradient was small. */
    readonly converged: boolean,
  ) {}

  /** Probability of each class [count, classes]. @param values [count, size]; RangeError where it is not. */
  probabilities(values: Float32Array | Float64Array): Float64Array {
    const { size, classes, weights, biases } = this;
    const count = values.length / size;
    if (!Number.isInteger(count)) throw new RangeError(`${values.length} values are not rows of ${size} features`);
    const logits = new Float64Array(count * classes);
    addProducts(logits, rowsOf(values, count, size), rowsOf(weights, classes, size));
    for (let i = 0; i < logits.length; i++) logits[i]! += biases[i % classes]!;
    for (let i = 0; i < count; i++) softmaxInPlace(logits.subarray(i * classes, (i + 1) * classes));
    return logits;
  }

  /** The most probable class of each row [count]; of equal ones the first. */
  predict(values: Float32Array | Float64Array): Int32Array {
    return mostProbable(this.probabilities(values), this.classes);
  }
}

/** @throws RangeError where lengths disagree, a feature is not finite, or the decay is not above 0. */
export function logisticRegression(
  features: LabelledFeatures,
  { decay = DEFAULT_DECAY, ...options }: LogisticRegressionOptions = {},
): LogisticRegression {
  return prepareRegression(features, options)(decay);
}

/** Index of each row's greatest value. */
export function mostProbable(probabilities: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.reduce((best, value, c) => (value > row[best]! ? c : best), 0);
  });
}

/** What does not depend on the decay is done once; a fit starts where the one before it ended. */
export function prepareRegression(
  features: LabelledFeatures,
  { standardize = true, ...options }: Omit<LogisticRegressionOptions, 'decay'> = {},
): (decay: number) => LogisticRegression {
  const { values, size, labels, count, classes, classCounts } = checkFeatures(features);
  const change = standardize
    ? standardization(values, size)
    : { mean: new Float64Array(size), scale: new Float64Array(size).fill(1) };
  const rows = standardized(values, change);
  const span = count < size ? rowSpan(rows, count, size) : undefined;
  const dimensions = span?.rank ?? size;
  // A last coordinate of 1 is what the bias multiplies.
  const width = dimensions + 1;
  const inputs = new Float64Array(count * width).fill(1);
  const coordinates = span?.coordinates ?? rows;
  for (let i = 0; i < count; i++) inputs.set(coordinates.subarray(i * dimensions, (i + 1) * dimensions), i * width);
  // Classes without examples would drive their biases to minus infinity: they have no weights to fit.
  const seen = [...classCounts.keys()].filter((c) => classCounts[c]! > 0);
  const targets = Int32Array.from(labels, (label) => seen.indexOf(label));
  let start = new Float64Array(seen.length * width);

  return (decay) => {
    if (!(decay > 0 && Number.isFinite(decay))) throw new RangeError(`the decay is ${decay}, and must be above 0`);
    const objective = penalizedCrossEntropy(inputs, targets, width, seen.length, decay);
    const minimum = minimize(objective, start, options);
    start = minimum.x.slice();
    const weights = new Float64Array(classes * size);
    const biases = new Float64Array(classes).fill(Number.NEGATIVE_INFINITY);
    for (const [k, c] of seen.entries()) {
      const fitted = minimum.x.slice(k * width, k * width + dimensions);
      const ofRows = span?.carryBack(fitted) ?? fitted;
      let bias = minimum.x[k * width + dimensions]!;
      for (let j = 0; j < size; j++) {
        const weight = ofRows[j]! * change.scale[j]!;
        weights[c * size + j] = weight;
        bias -= weight * change.mean[j]!;
      }
      biases[c] = bias;
    }
    return new LogisticRegression(size, classes, weights, biases, minimum.iterations, minimum.converged);
  };
}

/** Of the parameters [classes, width], the last of each row a bias. @param inputs [count, width], the last of each row 1. */
function penalizedCrossEntropy(
  inputs: Float64Array,
  targets: Int32Array,
  width: number,
  classes: number,
  decay: number,
): (parameters: Float64Array, gradient: Float64Array) => number {
  const count = targets.length;
  const errors = new Float64Array(count * classes);
  return (parameters, gradient) => {
    errors.fill(0);
    addProducts(errors, rowsOf(inputs, count, width), rowsOf(parameters, classes, width));
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const row = errors.subarray(i * classes, (i + 1) * classes);
      const target = targets[i]!;
      const logit = row[target]!;
      loss += softmaxInPlace(row) - logit;
      row[target]! -= 1;
      for (let c = 0; c < classes; c++) row[c]! /= count;
    }
    gradient.fill(0);
    addProducts(gradient, columnsOf(errors, count, classes), columnsOf(inputs, count, width));
    let penalty = 0;
    for (let i = 0; i < parameters.length; i++) {
      if (i % width === width - 1) continue;
      penalty += parameters[i]! ** 2;
      gradient[i]! += decay * parameters[i]!;
    }
    return loss / count + (decay / 2) * penalty;
  };
}

/** Turns logits into probabilities, and gives log sum exp. */
function softmaxInPlace(row: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < row.length; c++) most = Math.max(most, row[c]!);
  let sum = 0;
  for (let c = 0; c < row.length; c++) sum += row[c] = Math.exp(row[c]! - most);
  for (let c = 0; c < row.length; c++) row[c]! /= sum;
  return most + Math.log(sum);
}
