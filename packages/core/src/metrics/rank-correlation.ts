/** How far two lists of scores put the same things in the same order: pure functions, in [-1, 1], 1 for the same order. */

/**
 * Kendall's tau-b (Kendall 1945): (concordant - discordant) / sqrt((pairs - ties in a) (pairs - ties in b)). NaN where
 * all values of a list are equal, or there are fewer than two.
 * @throws RangeError where lengths differ, or a value is not finite.
 */
export function kendallTau(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkScores(a, b);
  return weighPairs(a, b, () => 1);
}

/**
 * Vigna's weighted tau (2015, "A weighted correlation index for rankings with ties"), with hyperbolic additive weights:
 * a pair counts 1/(1 + r) + 1/(1 + s), with r and s the ranks of its two, so that exchanges at the top matter more. The rank
 * is 0 for the greatest value; as in the paper the mean is taken of ranking by `a` (ties by `b`) and by `b` (ties by `a`).
 * NaN as for `kendallTau`.
 * @throws RangeError where lengths differ, or a value is not finite.
 */
export function weightedKendallTau(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkScores(a, b);
  const byWeight = (weights: Float64Array) => weighPairs(a, b, (i, j) => weights[i]! + weights[j]!);
  return (byWeight(hyperbolicWeights(a, b)) + byWeight(hyperbolicWeights(b, a))) / 2;
}

/**
 * Spearman's rho: the correlation of the ranks, ties sharing their mean rank. NaN as for `kendallTau`.
 * @throws RangeError where lengths differ, or a value is not finite.
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkScores(a, b);
  const x = meanRanks(a);
  const y = meanRanks(b);
  const middle = (x.length - 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - middle) * (y[i]! - middle);
    xx += (x[i]! - middle) ** 2;
    yy += (y[i]! - middle) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Weighted sum of agreements over the root of the weights of pairs not tied in `a`, and of those not tied in `b`. */
function weighPairs(a: ArrayLike<number>, b: ArrayLike<number>, weight: (i: number, j: number) => number): number {
  let agreement = 0;
  let apartInA = 0;
  let apartInB = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const inA = Math.sign(a[i]! - a[j]!);
      const inB = Math.sign(b[i]! - b[j]!);
      const w = weight(i, j);
      agreement += w * inA * inB;
      apartInA += w * inA * inA;
      apartInB += w * inB * inB;
    }
  }
  return agreement / Math.sqrt(apartInA * apartInB);
}

/** 1 / (1 + rank), from 1 for the greatest; ties by `second`. */
function hyperbolicWeights(first: ArrayLike<number>, second: ArrayLike<number>): Float64Array {
  const compare = (i: number, j: number) => first[j]! - first[i]! || second[j]! - second[i]!;
  return shareByRank(first.length, compare, (rank) => 1 / (1 + rank));
}

function meanRanks(values: ArrayLike<number>): Float64Array {
  return shareByRank(
    values.length,
    (i, j) => values[i]! - values[j]!,
    (rank) => rank,
  );
}

/** What each item's rank is worth. Tied items share the mean, so that the order of the list does not matter. */
function shareByRank(
  count: number,
  compare: (i: number, j: number) => number,
  worth: (rank: number) => number,
): Float64Array {
  const order = Array.from({ length: count }, (_, i) => i).sort(compare);
  const shares = new Float64Array(count);
  for (let start = 0, end = 0; start < count; start = end) {
    let sum = 0;
    while (end < count && compare(order[start]!, order[end]!) === 0) sum += worth(end++);
    for (let k = start; k < end; k++) shares[order[k]!] = sum / (end - start);
  }
  return shares;
}

function checkScores(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw new RangeError(`${a.length} scores beside ${b.length}`);
  for (const list of [a, b])
    for (let i = 0; i < list.length; i++)
      if (!Number.isFinite(list[i])) throw new RangeError(`score ${i} is ${list[i]}`);
}
