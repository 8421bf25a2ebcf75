/**
 * The proxy A-distance of two domains: how well a linear classifier tells their features apart (Ben-David, Blitzer, Crammer
 * and Pereira 2007, "Analysis of Representations for Domain Adaptation").
 */
import { Random } from '../random.ts';
import type { LabelledFeatures } from './labelled-features.ts';
import { probeAccuracy } from './probe.ts';

export interface ADistanceOptions {
  /** What the examples of the larger domain, and the folds, are drawn by. */
  readonly seed: number;
  /** Default 5, or the number of examples where that is fewer. */
  readonly folds?: number;
  /** L2 penalty on standardised features, see `logisticRegression`. Default 0.1. */
  readonly decay?: number;
}

/**
 * 2 (1 - 2 error), with the error of a cross-validated logistic regression between as many examples of each domain: 2
 * where the domains are told apart without error, about 0 (and by chance below) where they cannot be. The larger domain's
 * examples are drawn. Features that are all identical give 0 or below.
 * @throws RangeError where sizes disagree, a side has fewer than two examples, or a feature is not finite.
 */
export function aDistance(
  source: Pick<LabelledFeatures, 'values' | 'size'>,
  target: Pick<LabelledFeatures, 'values' | 'size'>,
  { seed, folds = 5, decay }: ADistanceOptions,
): number {
  const { size } = source;
  if (target.size !== size) throw new RangeError(`${size} features cannot be compared with ${target.size}`);
  for (const { values } of [source, target])
    if (values.length % size !== 0) throw new RangeError(`${values.length} values are not rows of ${size} features`);
  const count = Math.min(source.values.length, target.values.length) / size;
  if (!(count >= 2)) throw new RangeError('each side must have at least two examples');
  const values = new Float32Array(2 * count * size);
  for (const [side, features] of [source, target].entries()) {
    const drawn = Random.fromSeed(seed)
      .fork(`domain/${side}`)
      .permutation(features.values.length / size);
    for (const [k, i] of drawn.slice(0, count).entries())
      values.set(features.values.subarray(i * size, (i + 1) * size), (side * count + k) * size);
  }
  const labels = new Int32Array(2 * count).fill(1, count);
  const options = { seed, folds: Math.min(folds, count), ...(decay !== undefined && { decay }) };
  const { predictions } = probeAccuracy({ values, size, labels }, options);
  const wrong = labels.filter((label, i) => predictions[i] !== label).length;
  return 2 * (1 - (2 * wrong) / labels.length);
}
