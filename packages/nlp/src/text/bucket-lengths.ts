/**
 * The few lengths that batches are padded to. A compiled step is made for one shape, so that every length more is compiled
 * once more; too few, and most of what is computed is padding. The best ones for the lengths at hand are found by dynamic
 * programming: least padded positions with at most so many buckets.
 */

export interface BucketOptions {
  /** Most buckets. Default 6. */
  readonly most?: number;
  /** Lengths are multiples of it. Default 8. */
  readonly multiple?: number;
}

/**
 * @param lengths Of each text, at least 1.
 * @returns Rising; the last holds the longest text.
 */
export function bucketLengths(lengths: ArrayLike<number>, { most = 6, multiple = 8 }: BucketOptions = {}): number[] {
  if (lengths.length === 0) throw new RangeError('there are no texts');
  const counts = new Map<number, number>();
  for (const length of Array.from(lengths)) {
    const rounded = multiple * Math.ceil(Math.max(length, 1) / multiple);
    counts.set(rounded, (counts.get(rounded) ?? 0) + 1);
  }
  const sizes = [...counts.keys()].sort((a, b) => a - b);
  /** texts[i]: how many fit into sizes[0..i - 1]. */
  const texts = [0];
  for (const size of sizes) texts.push(texts.at(-1)! + counts.get(size)!);
  // cost[i]: positions of all texts up to sizes[i - 1] with so many buckets, the last of them sizes[i - 1].
  let cost = texts.map((count, i) => (i === 0 ? 0 : count * sizes[i - 1]!));
  const cuts: number[][] = [];
  for (let buckets = 2; buckets <= Math.min(most, sizes.length); buckets++) {
    const cut = cost.map(() => 0);
    cost = cost.map((alone, end) => {
      let best = alone;
      for (let start = 1; start < end; start++) {
        const split = cost[start]! + (texts[end]! - texts[start]!) * sizes[end - 1]!;
        if (split < best) [best, cut[end]] = [split, start];
      }
      return best;
    });
    cuts.push(cut);
  }
  const chosen = [sizes.at(-1)!];
  let end = sizes.length;
  for (const cut of cuts.reverse()) {
    if (cut[end] === 0) continue;
    end = cut[end]!;
    chosen.unshift(sizes[end - 1]!);
  }
  return chosen;
}

/** The shortest bucket that holds a length. @throws RangeError when none does. */
export function bucketOf(length: number, buckets: readonly number[]): number {
  const bucket = buckets.find((size) => size >= length);
  if (bucket === undefined) throw new RangeError(`no bucket holds a text of ${length} words: they are ${buckets}`);
  return bucket;
}
