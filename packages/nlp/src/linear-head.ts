/**
 * Heads of frozen features: the logistic regression of `core`, as a matrix and a bias that a network's head takes. The
 * problem is convex, so that there is nothing to be drawn and no epoch to be chosen.
 */
import type { LabelledFeatures, Network } from '@attune/core';
import { logisticRegression, tf } from '@attune/core';

export interface LinearHead {
  readonly size: number;
  readonly classes: number;
  /** [size, classes] */
  readonly weights: Float32Array;
  /** [classes] */
  readonly biases: Float32Array;
}

/** Penalties that validation chooses from, see `logisticRegression`. */
export const HEAD_DECAYS: readonly number[] = [0.01, 0.1, 1];
/** Where there is no validation. */
const USUAL_DECAY = 0.1;

/** The log-odds of a class without examples: nothing is said of it, and nothing overflows. */
const UNSEEN = -1e4;
const LEAST_PROBABILITY = 1e-12;

export interface FitHeadOptions {
  /** Classes of the head; some may have no example. */
  readonly classes: number;
  /** The penalty. Default: of `HEAD_DECAYS` the one with the least cross-entropy on `validation`, or 0.1 without any. */
  readonly decay?: number | undefined;
  readonly validation?: LabelledFeatures | undefined;
}

/** @throws RangeError where lengths disagree or a feature is not finite. */
export function fitHead(
  features: LabelledFeatures,
  { classes, decay, validation }: FitHeadOptions,
): { readonly head: LinearHead; readonly decay: number } {
  const decays = decay !== undefined ? [decay] : validation?.labels.length ? HEAD_DECAYS : [USUAL_DECAY];
  const fits = decays.map((each) => ({ decay: each, head: headOf(features, each, classes) }));
  if (fits.length === 1) return fits[0]!;
  const losses = fits.map(({ head }) => crossEntropy(head, validation!));
  return fits[losses.indexOf(Math.min(...losses))]!;
}

function headOf(features: LabelledFeatures, decay: number, classes: number): LinearHead {
  const { size } = features;
  const model = logisticRegression(features, { decay });
  const weights = new Float32Array(size * classes);
  const biases = new Float32Array(classes).fill(UNSEEN);
  for (let c = 0; c < model.classes; c++) {
    if (Number.isFinite(model.biases[c])) biases[c] = model.biases[c]!;
    for (let j = 0; j < size; j++) weights[j * classes + c] = model.weights[c * size + j]!;
  }
  return { size, classes, weights, biases };
}

/** [count, classes] @param values [count, size] */
export function headProbabilities({ size, classes, weights, biases }: LinearHead, values: Float32Array): Float32Array {
  const count = values.length / size;
  const probabilities = new Float32Array(count * classes);
  const logits = new Float64Array(classes);
  for (let row = 0; row < count; row++) {
    logits.set(biases);
    for (let j = 0; j < size; j++) {
      const value = values[row * size + j]!;
      for (let c = 0; c < classes; c++) logits[c]! += value * weights[j * classes + c]!;
    }
    const most = Math.max(...logits);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += logits[c] = Math.exp(logits[c]! - most);
    for (let c = 0; c < classes; c++) probabilities[row * classes + c] = logits[c]! / sum;
  }
  return probabilities;
}

function crossEntropy(head: LinearHead, { values, labels }: LabelledFeatures): number {
  const probabilities = headProbabilities(head, values);
  return labels.reduce(
    (sum, label, row) => sum - Math.log(Math.max(probabilities[row * head.classes + label]!, LEAST_PROBABILITY)),
    0,
  );
}

/** Makes it the network's own, in place. */
export function writeHead(network: Network, { size, classes, weights, biases }: LinearHead): void {
  const [weight, bias] = ['head.weight', 'head.bias'].map((name) => network.parameters.get(name)!.variable);
  tf.tidy(() => {
    weight!.assign(tf.tensor2d(weights, [size, classes]));
    bias!.assign(tf.tensor1d(biases));
  });
}
