/** Accuracy of the k nearest neighbours, each example left out in turn: a score of features that fits nothing. */
import { addProducts, rowsOf } from '../linear-algebra/products.ts';
import { type CheckedFeatures, checkFeatures, columnMeans, type LabelledFeatures } from './labelled-features.ts';

export interface NearestNeighbourOptions {
  /** Neighbours that vote. Default 5; all others where there are fewer. */
  readonly k?: number;
  /** Default cosine, which the length of a feature vector does not change. */
  readonly metric?: 'cosine' | 'euclidean';
}

/** Rows whose distances to all others are held at a time. */
const BLOCK = 128;

/**
 * Share of the examples whose class most of their k nearest neighbours have, in [0, 1]. Neighbours as near as the k-th
 * vote too; of classes with equally many votes the nearest neighbour's wins, and where that is equal as well the example
 * counts as the chance of a fair draw. So the order of the examples does not matter, and features that are all identical
 * score as the most frequent class among the others does. A vector of zeros is at distance 1 by cosine from all.
 * @throws RangeError for fewer than two examples, a k that is not 1 or more, or as `logMe`.
 */
export function nearestNeighbourAccuracy(
  features: LabelledFeatures,
  { k = 5, metric = 'cosine' }: NearestNeighbourOptions = {},
): number {
  const checked = checkFeatures(features);
  const { count, size, labels, classes } = checked;
  if (!Number.isSafeInteger(k) || k < 1) throw new RangeError(`k is ${k}, and must be at least 1`);
  if (count < 2) throw new RangeError('one example has no neighbours');
  const rows = metric === 'cosine' ? ofLengthOne(checked) : centred(checked);
  const halfSquares = new Float64Array(count); // by cosine all lengths are equal: products alone give the order
  if (metric === 'euclidean')
    for (let i = 0; i < rows.length; i++) halfSquares[Math.floor(i / size)]! += rows[i]! ** 2 / 2;
  const ballot = new Ballot(classes);
  let right = 0;
  for (let first = 0; first < count; first += BLOCK) {
    const block = Math.min(BLOCK, count - first);
    const products = new Float64Array(block * count);
    addProducts(products, { ...rowsOf(rows, block, size), start: first * size }, rowsOf(rows, count, size));
    for (let b = 0; b < block; b++) {
      // |x - y|^2 / 2 less |x|^2 / 2, which does not change the order.
      const distances = products.subarray(b * count, (b + 1) * count);
      for (let j = 0; j < count; j++) distances[j] = halfSquares[j]! - distances[j]!;
      distances[first + b] = Number.POSITIVE_INFINITY;
      const bound = kthSmallest(distances, Math.min(k, count - 1));
      right += ballot.share(labels[first + b]!, labels, distances, bound);
    }
  }
  return right / count;
}

/** Votes of each class, kept between examples so that nothing is allocated for each. */
class Ballot {
  private readonly votes: Int32Array;
  private readonly nearest: Float64Array;

  constructor(classes: number) {
    this.votes = new Int32Array(classes);
    this.nearest = new Float64Array(classes);
  }

  /** 1 where `label` wins, 1 / n where it shares the first place with n - 1 others, else 0. */
  share(label: number, labels: Int32Array, distances: Float64Array, bound: number): number {
    const { votes, nearest } = this;
    votes.fill(0);
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < distances.length; j++) {
      if (!(distances[j]! <= bound)) continue;
      const voter = labels[j]!;
      votes[voter]!++;
      nearest[voter] = Math.min(nearest[voter]!, distances[j]!);
    }
    if (votes[label] === 0) return 0;
    let sharing = 0;
    for (let c = 0; c < votes.length; c++) {
      const more = votes[c]! - votes[label]! || nearest[label]! - nearest[c]!;
      if (more > 0) return 0;
      if (more === 0) sharing++;
    }
    return 1 / sharing;
  }
}

function kthSmallest(values: Float64Array, k: number): number {
  const smallest = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (let j = 0; j < values.length; j++) {
    const value = values[j]!;
    if (!(value < smallest[k - 1]!)) continue;
    let at = k - 1;
    for (; at > 0 && smallest[at - 1]! > value; at--) smallest[at] = smallest[at - 1]!;
    smallest[at] = value;
  }
  return smallest[k - 1]!;
}

function ofLengthOne({ values, size, count }: CheckedFeatures): Float64Array {
  const rows = Float64Array.from(values);
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * size, (i + 1) * size);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let j = 0; j < size; j++) row[j]! /= length;
  }
  return rows;
}

/** Distances keep, and lose less to cancellation, when the mean is taken off. */
function centred({ values, size }: CheckedFeatures): Float64Array {
  const mean = columnMeans(values, size);
  return Float64Array.from(values, (value, i) => value - mean[i % size]!);
}
