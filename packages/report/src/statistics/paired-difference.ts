/**
 * How much better one plan is than another: the difference within pairs that share the seed (so the split, the order, ...)
 * and the other factors, because what a pair shares cancels out.
 */
import type { Factors, Measurement } from '../records/study-record.ts';
import { cellKey } from '../records/study-record.ts';
import { type BootstrapOptions, bootstrapMean, type Interval } from './bootstrap.ts';
import { pick } from './summaries.ts';

export interface Pair {
  /** What the pair shares, its seed left out. */
  readonly factors: Factors;
  readonly seed: number;
  readonly upper: number;
  readonly lower: number;
}

export interface PairedDifference {
  readonly pairs: readonly Pair[];
  /** Of upper - lower, over the pairs. */
  readonly mean: number;
  /** Bootstrap interval of the mean, over pairs: 95 % unless asked otherwise. */
  readonly interval: Interval;
  /** Pairs in which upper is greater, lower is greater, and neither is. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** Measurements on either side that have no partner. */
  readonly unpaired: number;
}

export interface PairedDifferenceOptions extends BootstrapOptions {
  readonly metric: string;
  /** Factors that the two of a pair share besides the seed: `['target', 'size']`. */
  readonly by?: readonly string[];
}

/**
 * @param upper The measurements of one side: `where(measurements, { plan: 'full' })`.
 * @throws RangeError when no pair is found, or when a side holds two measurements for one pair.
 */
export function pairedDifference(
  upper: readonly Measurement[],
  lower: readonly Measurement[],
  { metric, by = [], ...bootstrap }: PairedDifferenceOptions,
): PairedDifference {
  const [uppers, lowers] = [sideOf(upper, by, metric), sideOf(lower, by, metric)];
  const pairs: Pair[] = [];
  for (const [key, { factors, seed, value }] of uppers) {
    const partner = lowers.get(key);
    if (partner !== undefined) pairs.push({ factors, seed, upper: value, lower: partner.value });
  }
  if (pairs.length === 0) throw new RangeError(`no two measurements of ${metric} share ${['seed', ...by].join(', ')}`);
  const differences = pairs.map((pair) => pair.upper - pair.lower);
  return {
    pairs,
    mean: differences.reduce((sum, difference) => sum + difference, 0) / pairs.length,
    interval: bootstrapMean(differences, bootstrap),
    wins: differences.filter((difference) => difference > 0).length,
    losses: differences.filter((difference) => difference < 0).length,
    ties: differences.filter((difference) => difference === 0).length,
    unpaired: uppers.size + lowers.size - 2 * pairs.length,
  };
}

function sideOf(measurements: readonly Measurement[], by: readonly string[], metric: string) {
  const side = new Map<string, { factors: Factors; seed: number; value: number }>();
  for (const { factors, seed, metrics } of measurements) {
    const shared = pick(factors, by);
    if (shared === undefined || !Object.hasOwn(metrics, metric)) continue;
    const key = `${cellKey(shared)} seed ${seed}`;
    if (side.has(key)) throw new RangeError(`two measurements for ${key}: name the factor that they differ in`);
    side.set(key, { factors: shared, seed, value: metrics[metric]! });
  }
  return side;
}
