/**
 * Takes the vectors of a vocabulary's words out of a file's, as they come by. A word is found as it is written, else in
 * lower case: `paris` takes the vector of `Paris` where the file has no `paris`. Files are by frequency, so of several that
 * would do the first is taken.
 */
import type { Random } from '@attune/core';
import { UserError } from '@attune/core';
import { PAD, SPECIAL_WORDS } from '../text/special-words.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

export interface WordVectors {
  /** Numbers in each vector. */
  readonly size: number;
  /** [V, size]: a row for each word of the vocabulary; row 0, the padding's, is zero. */
  readonly vectors: Float32Array;
  /** Words of the vocabulary that the file has. */
  readonly found: number;
  /** Of these, words that only another capitalisation has. */
  readonly folded: number;
  /** Words of the vocabulary that the file has more than once. */
  readonly repeated: number;
  /** The vocabulary's words that the file lacks, in its order: their vectors were drawn. */
  readonly missing: readonly string[];
}

/** Longest vector that is taken, and most numbers of all words together: what a file's header may make us allocate. */
const MOST_SIZE = 16_384;
const MOST_NUMBERS = 2 ** 29;

const MISSING = 0;
const FOLDED = 1;
const EXACT = 2;

export class VectorCollector {
  readonly vectors: Float32Array;
  private readonly state: Uint8Array;
  private readonly byLowerCase = new Map<string, number[]>();
  private repeated = 0;

  /** @throws UserError for a size that is none. @param place The file, for messages. */
  constructor(
    private readonly vocabulary: Vocabulary,
    readonly size: number,
    private readonly place: string,
  ) {
    if (!(Number.isInteger(size) && size >= 1 && size <= MOST_SIZE && size * vocabulary.size <= MOST_NUMBERS))
      throw new UserError(
        `${place} has vectors of ${size} numbers for ${vocabulary.size} words.`,
        `Sizes of 1 to ${MOST_SIZE}, and ${MOST_NUMBERS} numbers in all, can be taken: check the format, or make the vocabulary smaller.`,
      );
    this.vectors = new Float32Array(vocabulary.size * size);
    this.state = new Uint8Array(vocabulary.size);
    for (const [index, word] of vocabulary.words.entries()) {
      if (index < SPECIAL_WORDS.length) continue;
      const key = word.toLowerCase();
      const alike = this.byLowerCase.get(key);
      if (alike) alike.push(index);
      else this.byLowerCase.set(key, [index]);
    }
  }

  /** Whether any word of the vocabulary could take this one's vector. */
  wants(word: string): boolean {
    return this.byLowerCase.has(word.toLowerCase());
  }

  /** @param vector Of `size` numbers; it is copied. */
  offer(word: string, vector: ArrayLike<number>): void {
    for (const index of this.byLowerCase.get(word.toLowerCase()) ?? []) {
      const quality = this.vocabulary.words[index] === word ? EXACT : FOLDED;
      if (quality === EXACT && this.state[index] === EXACT) this.repeated++;
      if (quality <= this.state[index]!) continue;
      this.state[index] = quality;
      this.vectors.set(vector, index * this.size);
    }
  }

  /**
   * Draws what is missing, the unknown word too, from the normal distribution with mean 0 and the deviation of all numbers
   * that were found. @throws UserError when nothing was.
   */
  finish(random: Random): WordVectors {
    const { vocabulary, size, vectors, state } = this;
    const rows = Array.from(state, (_, index) => index);
    const found = rows.filter((index) => state[index] !== MISSING);
    if (found.length === 0)
      throw new UserError(
        `${this.place} has none of the ${vocabulary.size - SPECIAL_WORDS.length} words.`,
        'Check that it is of the same language, and that its format is right.',
      );
    const numbers = found.length * size;
    const sum = found.reduce((total, index) => total + reduceRow(vectors, index, size, (x) => x), 0);
    const mean = sum / numbers;
    const squares = found.reduce((total, index) => total + reduceRow(vectors, index, size, (x) => (x - mean) ** 2), 0);
    const deviation = Math.sqrt(squares / numbers);
    // A stream for each word: what is drawn for one does not depend on which others are missing.
    for (const index of rows) {
      if (index === PAD || state[index] !== MISSING) continue;
      const own = random.fork(vocabulary.words[index]!);
      for (let i = index * size; i < (index + 1) * size; i++) vectors[i] = own.normal(0, deviation);
    }
    return {
      size,
      vectors,
      found: found.length,
      folded: found.filter((index) => state[index] === FOLDED).length,
      repeated: this.repeated,
      missing: vocabulary.words.filter((_, index) => index >= SPECIAL_WORDS.length && state[index] === MISSING),
    };
  }
}

function reduceRow(vectors: Float32Array, row: number, size: number, value: (x: number) => number): number {
  let sum = 0;
  for (let i = row * size; i < (row + 1) * size; i++) sum += value(vectors[i]!);
  return sum;
}
