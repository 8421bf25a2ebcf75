/**
 * The words that a network has a vector for, each with its number. Built from training texts alone: words of the test that
 * training does not know are to be unknown.
 */
import { UserError } from '@attune/core';
import { PAD, SPECIAL_WORDS, UNKNOWN } from './special-words.ts';

export interface VocabularyOptions {
  /** Words that come less often are left out. Default 1. */
  readonly minimumCount?: number | undefined;
  /** Most words, with the two special ones. Default 30,000: the commonest stay. */
  readonly size?: number | undefined;
}

export const DEFAULT_VOCABULARY_SIZE = 30_000;

export interface VocabularyRecord {
  readonly words: readonly string[];
}

export class Vocabulary {
  private readonly indices: ReadonlyMap<string, number>;

  /**
   * @param words `<pad>`, `<unk>`, then words that differ.
   * @throws RangeError when the list begins otherwise or has a word twice.
   */
  constructor(readonly words: readonly string[]) {
    for (const [i, special] of SPECIAL_WORDS.entries())
      if (words[i] !== special) throw new RangeError(`word ${i} of a vocabulary is ${special}, not ${words[i]}`);
    this.indices = new Map(words.map((word, i) => [word, i]));
    if (this.indices.size !== words.length) {
      const again = words.find((word, i) => this.indices.get(word) !== i);
      throw new RangeError(`the vocabulary has '${again}' twice`);
    }
  }

  /** The words of the texts by falling frequency, then by code units: the order of the texts does not matter. */
  static fromTexts(texts: Iterable<Iterable<string>>, options: VocabularyOptions = {}): Vocabulary {
    const counts = new Map<string, number>();
    for (const words of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return Vocabulary.fromCounts(counts, options);
  }

  /** @throws RangeError for a minimum below 1 or a size without room for a word. */
  static fromCounts(counts: ReadonlyMap<string, number>, options: VocabularyOptions = {}): Vocabulary {
    const { minimumCount = 1, size = DEFAULT_VOCABULARY_SIZE } = options;
    if (!(minimumCount >= 1)) throw new RangeError(`minimumCount ${minimumCount} is below 1`);
    if (!(Number.isInteger(size) && size > SPECIAL_WORDS.length))
      throw new RangeError(`a vocabulary of ${size} words has no room for any but ${SPECIAL_WORDS.join(' and ')}`);
    const specials: readonly string[] = SPECIAL_WORDS;
    const ranked = [...counts]
      .filter(([word, count]) => count >= minimumCount && !specials.includes(word))
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
    return new Vocabulary([...SPECIAL_WORDS, ...ranked.slice(0, size - SPECIAL_WORDS.length).map(([word]) => word)]);
  }

  /**
   * With the words of other texts behind its own, which keep their numbers: what a network that was trained on these words is
   * carried over with. The options are of the words that are added.
   */
  extendedBy(texts: Iterable<Iterable<string>>, options: VocabularyOptions = {}): Vocabulary {
    const added = Vocabulary.fromTexts(texts, options).words.filter((word) => !this.has(word));
    return new Vocabulary([...this.words, ...added]);
  }

  /** @throws UserError for what is no record of a vocabulary: it may come from a file. */
  static fromJSON(record: unknown): Vocabulary {
    const words = (record as Partial<VocabularyRecord> | null)?.words;
    if (!Array.isArray(words) || !words.every((word) => typeof word === 'string'))
      throw new UserError('This is no vocabulary: it has no list `words` of strings.');
    try {
      return new Vocabulary(words);
    } catch (error) {
      throw new UserError(`This is no vocabulary: ${(error as Error).message}.`, undefined, { cause: error });
    }
  }

  toJSON(): VocabularyRecord {
    return { words: this.words };
  }

  /** Number of words, with the two special ones. */
  get size(): number {
    return this.words.length;
  }

  has(word: string): boolean {
    return this.indices.has(word);
  }

  /** `UNKNOWN` for a word that is not in it. */
  indexOf(word: string): number {
    return this.indices.get(word) ?? UNKNOWN;
  }

  encode(words: readonly string[]): Int32Array {
    return Int32Array.from(words, (word) => this.indexOf(word));
  }

  /** The words of numbers, padding left out. @throws RangeError for a number that is none of a word. */
  decode(indices: ArrayLike<number>): string[] {
    return Array.from(indices)
      .filter((index) => index !== PAD)
      .map((index) => {
        const word = this.words[index];
        if (word === undefined) throw new RangeError(`${index} is not the number of one of ${this.size} words`);
        return word;
      });
  }
}
