/**
 * H-score: how much of the features' variance the classes explain, in units of the features' own covariance (Bao et al.
 * 2019, "An Information-Theoretic Approach to Transferability in Task Transfer Learning"), and its form with a shrunk
 * covariance for few examples (Ibrahim, Ponomareva and Mazumder 2021, "Newer is not always better"; the shrinkage is Ledoit
 * and Wolf's, 2004, "A well-conditioned estimator for large-dimensional covariance matrices").
 */
import { symmetricSpectrum } from '../linear-algebra/spectrum.ts';
import { type ClassSpectrum, classSpectrum, eigenvalueTolerance } from './class-spectrum.ts';
import { FeatureMoments } from './feature-moments.ts';
import { type CheckedFeatures, checkFeatures, columnMeans, type LabelledFeatures } from './labelled-features.ts';

/**
 * tr(cov(f)^-1 cov(E[f | y])), with the pseudo-inverse: 0 to classes - 1, higher is better. No linear map of the features
 * that can be undone changes it. With fewer examples than features it says nothing: features in general position reach
 * classes - 1 by chance; use `shrunkHScore` there. Features without any variance give 0.
 * @throws RangeError where lengths disagree, or a feature is not finite.
 */
export function hScore(features: LabelledFeatures): number {
  const checked = checkFeatures(features);
  const { shares } = classSpectrum(checked, columnMeans(checked.values, checked.size));
  // In the basis of the principal axes both covariances are divided by the same eigenvalue.
  return weighShares(checked, shares, () => 1);
}

/**
 * (1 - alpha) tr(C^-1 cov(E[f | y])), with C = (1 - alpha) cov(f) + alpha (tr cov(f) / size) I and Ledoit and Wolf's
 * alpha: never above `hScore`. Both covariances are divided by the count. Features without any variance give 0.
 * @throws RangeError where lengths disagree, or a feature is not finite.
 */
export function shrunkHScore(features: LabelledFeatures): number {
  const checked = checkFeatures(features);
  const { count, size } = checked;
  const mean = columnMeans(checked.values, size);
  const { values, shares } = classSpectrum(checked, mean);
  const variances = values.map((value) => value / count);
  const scale = variances.reduce((sum, value) => sum + value, 0) / size;
  const alpha = ledoitWolfShrinkage(checked, mean, { values: variances, shares });
  return weighShares(checked, shares, (k) => {
    const kept = (1 - alpha) * variances[k]!;
    return kept / (kept + alpha * scale);
  });
}

/** H-score of features that come in pieces: memory of size^2 + classes * size. Pieces may come in any order. */
export class HScoreAccumulator {
  private readonly moments: FeatureMoments;
  private readonly byClass: { count: number; sums: Float64Array }[] = [];

  constructor(readonly size: number) {
    this.moments = new FeatureMoments(size);
  }

  /** @throws RangeError where lengths disagree, or a feature is not finite. */
  add(features: LabelledFeatures): void {
    if (features.size !== this.size) throw new RangeError(`${features.size} features, and ${this.size} before`);
    const { values, labels, size, classes } = checkFeatures(features);
    this.moments.add(values);
    for (let c = this.byClass.length; c < classes; c++) this.byClass.push({ count: 0, sums: new Float64Array(size) });
    for (let i = 0; i < labels.length; i++) {
      const ofClass = this.byClass[labels[i]!]!;
      ofClass.count++;
      for (let j = 0; j < size; j++) ofClass.sums[j]! += values[i * size + j]!;
    }
  }

  /** @throws RangeError before anything was added. */
  value(): number {
    if (this.moments.count === 0) throw new RangeError('there are no examples');
    const { size } = this;
    const { mean, scatter } = this.moments;
    const seen = this.byClass.filter(({ count }) => count > 0);
    // Each class's distance from the mean, weighed by the root of its count.
    const distances = new Float64Array(size * seen.length);
    for (const [c, { count, sums }] of seen.entries())
      for (let j = 0; j < size; j++) distances[j * seen.length + c] = (sums[j]! / count - mean[j]!) * Math.sqrt(count);
    const { values, projections } = symmetricSpectrum(scatter, size, distances);
    const meanSquares = mean.reduce((sum, value) => sum + value * value, 0);
    const tolerance = eigenvalueTolerance(values, this.moments.count * meanSquares);
    let score = 0;
    for (let k = 0; k < size; k++) {
      if (!(values[k]! > tolerance)) continue;
      for (let c = 0; c < seen.length; c++) score += projections[k * seen.length + c]! ** 2 / values[k]!;
    }
    return score;
  }
}

/** Sum over axes and classes of weight(axis) * (U'u_c)^2 / count_c. */
function weighShares(
  { classes, classCounts }: CheckedFeatures,
  shares: Float64Array,
  weight: (axis: number) => number,
): number {
  let score = 0;
  for (let k = 0; k * classes < shares.length; k++) {
    let explained = 0;
    for (let c = 0; c < classes; c++) if (classCounts[c]! > 0) explained += shares[k * classes + c]! / classCounts[c]!;
    score += weight(k) * explained;
  }
  return score;
}

/**
 * The share of the identity that makes the expected error of the covariance least: noise of the sample covariance over its
 * distance from the identity. Both are functions of the variances along the principal axes and of the rows' lengths.
 */
function ledoitWolfShrinkage(
  { values, count, size }: CheckedFeatures,
  mean: Float64Array,
  { values: variances }: ClassSpectrum,
): number {
  const trace = variances.reduce((sum, value) => sum + value, 0);
  const squares = variances.reduce((sum, value) => sum + value * value, 0);
  const distance = squares - (trace * trace) / size;
  let fourthPowers = 0;
  for (let i = 0; i < count; i++) {
    let length = 0;
    for (let j = 0; j < size; j++) length += (values[i * size + j]! - mean[j]!) ** 2;
    fourthPowers += length * length;
  }
  const noise = (fourthPowers / count - squares) / count;
  // A distance of 0: the covariance is the scaled identity already.
  return distance > 0 ? Math.min(Math.max(noise, 0) / distance, 1) : 0;
}
