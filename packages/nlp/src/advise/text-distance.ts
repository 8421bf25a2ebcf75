/**
 * How far the words of one set of texts are from another's: what is cheapest to know about a transfer of text networks.
 * The divergence of word distributions tells how well what was learnt on one domain works on another (Van Asch and Daelemans
 * 2010; Plank and van Noord 2011 find Jensen-Shannon the best of such measures); the share of unknown words bounds what
 * carried word vectors can do. They say nothing about the labels.
 */

/** Counts of words and of pairs of neighbours: all that is kept of texts, which may come one by one. */
export class TextCounts {
  /** Counts of words. */
  readonly unigrams = new Map<string, number>();
  /** Counts of neighbours within a text, by both words with a space between. */
  readonly bigrams = new Map<string, number>();
  /** Texts that were added. */
  texts = 0;

  /** @param words Of one text, in order. */
  add(words: readonly string[]): void {
    this.texts++;
    for (const [i, word] of words.entries()) {
      increment(this.unigrams, word);
      if (i > 0) increment(this.bigrams, `${words[i - 1]} ${word}`);
    }
  }

  static of(texts: Iterable<readonly string[]>): TextCounts {
    const counts = new TextCounts();
    for (const words of texts) counts.add(words);
    return counts;
  }
}

/** All in [0, 1]. */
export interface TextDistance {
  /** Different words of both, of the different words of either (Jaccard). */
  readonly vocabularyOverlap: number;
  /** Share of the target's different words that the source has not. */
  readonly unknownTypes: number;
  /** Share of the target's running words that the source has not. */
  readonly unknownWords: number;
  /** Jensen-Shannon divergence of the distributions of words, in bits: 0 for the same, 1 where no word is shared. */
  readonly unigramDivergence: number;
  /** The same of neighbouring words; 1 where either has no text of two words. */
  readonly bigramDivergence: number;
}

/** @throws RangeError when either has no words. */
export function textDistance(source: TextCounts, target: TextCounts): TextDistance {
  const [from, to] = [source.unigrams, target.unigrams];
  if (from.size === 0 || to.size === 0)
    throw new RangeError(`there are no words in the ${from.size === 0 ? 'source' : 'target'}`);
  let shared = 0;
  for (const word of to.keys()) if (from.has(word)) shared++;
  return {
    vocabularyOverlap: shared / (from.size + to.size - shared),
    unknownTypes: 1 - shared / to.size,
    unknownWords: unknownWords(target, from),
    unigramDivergence: jensenShannon(from, to),
    bigramDivergence: jensenShannon(source.bigrams, target.bigrams),
  };
}

/** Share of the running words that are not known, in [0, 1]. @param known Such as a vocabulary. */
export function unknownWords(counts: TextCounts, known: { has(word: string): boolean }): number {
  let [unknown, total] = [0, 0];
  for (const [word, count] of counts.unigrams) {
    total += count;
    if (!known.has(word)) unknown += count;
  }
  return total === 0 ? 0 : unknown / total;
}

/**
 * Jensen-Shannon divergence of two distributions given by counts, in bits (Lin 1991): the mean Kullback-Leibler divergence
 * of each from the mean of both. In [0, 1]; 1 when either is empty.
 */
export function jensenShannon(p: ReadonlyMap<string, number>, q: ReadonlyMap<string, number>): number {
  const [totalP, totalQ] = [total(p), total(q)];
  if (totalP === 0 || totalQ === 0) return 1;
  let divergence = 0;
  for (const [key, count] of p) {
    const [a, b] = [count / totalP, (q.get(key) ?? 0) / totalQ];
    divergence += term(a, b) + term(b, a);
  }
  for (const [key, count] of q) if (!p.has(key)) divergence += term(count / totalQ, 0);
  return Math.min(Math.max(divergence, 0), 1);
}

/** What an outcome of probability `a` here and `b` there adds: a log2(a / mean) / 2. */
function term(a: number, b: number): number {
  return a === 0 ? 0 : 0.5 * a * Math.log2((2 * a) / (a + b));
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
