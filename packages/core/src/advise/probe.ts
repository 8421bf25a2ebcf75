/**
 * The linear probe, cross-validated: how well a linear classifier on frozen features does on examples that it was not
 * fitted on. The plainest score of features, and what the others are estimates of.
 */
import { summarize } from '../metrics/summary.ts';
import { checkFeatures, type LabelledFeatures, rowsAt } from './labelled-features.ts';
import { DEFAULT_DECAY, mostProbable, prepareRegression } from './logistic-regression.ts';
import { stratifiedFolds } from './stratified-folds.ts';

export interface ProbeOptions {
  /** Default 5; 2 to the number of examples. */
  readonly folds?: number;
  /** What the folds are drawn by. */
  readonly seed: number;
  /** L2 penalty on standardised features, see `logisticRegression`. Default 0.1. */
  readonly decay?: number;
  /**
   * In `decay`'s place: the one with the least cross-entropy on examples left out is taken, of equal ones the greatest. The
   * accuracy is then slightly flattered, as it was among the numbers to choose by.
   */
  readonly decays?: readonly number[];
}

export interface ProbeResult {
  /** Mean over the folds, in [0, 1]. */
  readonly accuracy: number;
  /** Of the mean, from the folds' deviation. */
  readonly standardError: number;
  readonly foldAccuracies: readonly number[];
  /** Class predicted for each example [count] by the model that was not fitted on it. */
  readonly predictions: Int32Array;
  /** Mean over the examples of -log of the probability of their class, when left out; a probability counts as 1e-12 at least. */
  readonly crossEntropy: number;
  readonly decay: number;
}

const LEAST_PROBABILITY = 1e-12;

/**
 * Stratified cross-validation of `logisticRegression`; means and variances come from the fitted examples alone. A class
 * with one example is never recognised: no fold has it on both sides. Features that are all identical predict the most
 * frequent class of the fitted examples.
 * @throws RangeError where lengths disagree, a feature is not finite, or there are more folds than examples.
 */
export function probeAccuracy(
  features: LabelledFeatures,
  { folds = 5, seed, decay = DEFAULT_DECAY, decays = [decay] }: ProbeOptions,
): ProbeResult {
  const { labels, count } = checkFeatures(features);
  if (!(folds <= count)) throw new RangeError(`${folds} folds of ${count} examples`);
  if (decays.length === 0) throw new RangeError('there are no decays to choose from');
  const foldOf = stratifiedFolds(labels, folds, seed);
  // From the strongest penalty on, each fit starts near its end.
  const candidates = [...decays].sort((a, b) => b - a);
  const results = candidates.map((value) => ({
    decay: value,
    crossEntropy: 0,
    foldAccuracies: [] as number[],
    predictions: new Int32Array(count),
  }));
  for (let fold = 0; fold < folds; fold++) {
    const inside = [...labels.keys()].filter((i) => foldOf[i] !== fold);
    const outside = [...labels.keys()].filter((i) => foldOf[i] === fold);
    const fit = prepareRegression(rowsAt(features, inside));
    const left = rowsAt(features, outside);
    for (const result of results) {
      const model = fit(result.decay);
      const probabilities = model.probabilities(left.values);
      const predicted = mostProbable(probabilities, model.classes);
      let right = 0;
      for (const [k, i] of outside.entries()) {
        const label = labels[i]!;
        result.predictions[i] = predicted[k]!;
        if (predicted[k] === label) right++;
        const probability = label < model.classes ? probabilities[k * model.classes + label]! : 0;
        result.crossEntropy -= Math.log(Math.max(probability, LEAST_PROBABILITY)) / count;
      }
      result.foldAccuracies.push(right / outside.length);
    }
  }
  const best = results.reduce((a, b) => (b.crossEntropy < a.crossEntropy ? b : a));
  const { mean, standardError } = summarize(best.foldAccuracies);
  return { accuracy: mean, standardError, ...best };
}
