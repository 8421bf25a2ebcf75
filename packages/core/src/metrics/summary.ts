/** What several runs (seeds, folds) say together. */

export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Of the sample (n - 1 below the line); 0 for a single value. */
  readonly standardDeviation: number;
  /** Of the mean: standard deviation / sqrt(n). */
  readonly standardError: number;
}

/** @throws RangeError without values. */
export function summarize(values: readonly number[]): Summary {
  const count = values.length;
  if (count === 0) throw new RangeError('there is nothing to summarise');
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardDeviation = count === 1 ? 0 : Math.sqrt(squares / (count - 1));
  return { count, mean, standardDeviation, standardError: standardDeviation / Math.sqrt(count) };
}

/** The middle value, or the mean of the two in the middle. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
