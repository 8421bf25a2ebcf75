/**
 * The percentile bootstrap of a mean (Efron 1979): the mean of samples that are drawn from the values with replacement, and
 * the range that holds the middle of them. With few values it is too narrow (three values: it reaches from the least to the
 * greatest and covers about 3 of 4 true means), so say beside it how many there were.
 */
import { Random } from '@attune/core';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Share of the means within, in (0, 1). Default: 0.95. */
  readonly level?: number;
  /** Samples that are drawn. Default: 10,000. */
  readonly resamples?: number;
  /** Default: always the same, so that a table made again is the same table. */
  readonly random?: Random;
}

/** @throws RangeError without values, and for a level or a number of samples that means nothing. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Interval {
  const { level = 0.95, resamples = 10_000, random = Random.fromSeed('bootstrap') } = options;
  if (values.length === 0) throw new RangeError('there is nothing to draw from');
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level} is not in (0, 1)`);
  if (!Number.isInteger(resamples) || resamples < 1) throw new RangeError(`${resamples} samples cannot be drawn`);
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    let sum = 0;
    for (let k = 0; k < values.length; k++) sum += values[random.integer(values.length)]!;
    means[i] = sum / values.length;
  }
  means.sort();
  return { low: quantile(means, (1 - level) / 2), high: quantile(means, (1 + level) / 2) };
}

/** @param sorted Ascending. @param share In [0, 1]; between two values along the line that joins them. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
