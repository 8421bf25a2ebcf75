/** Texts and pairs of texts as the numbers that word-level networks take. */
import type { TextExample } from '../dataset/example.ts';
import { UNKNOWN } from './special-words.ts';
import { type TokeniseOptions, tokenise } from './tokenise.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface EncodeOptions extends TokeniseOptions {
  /** Words that are kept of each text, from its beginning. Default 256. */
  readonly maxLength?: number | undefined;
}

export const DEFAULT_MAX_LENGTH = 256;

/** Texts as numbers, all single or all pairs. */
export interface EncodedTexts {
  /**
   * For each text [T], for each pair [2, T], or of either [3, T] for an encoder, of its own T of at least 1, without padding
   * but of the shorter of a pair.
   */
  readonly texts: readonly Int32Array[];
  /** Rows of each example. */
  readonly parts: 1 | 2 | 3;
  /** Class of each example. */
  readonly labels: Int32Array;
  /** Texts that were cut to `maxLength`, and words that were cut to `LONGEST_WORD`. */
  readonly cut: { readonly texts: number; readonly words: number };
}

/** [T], T from 1 to `maxLength`; a text without words is one unknown word. */
export function encodeText(text: string, vocabulary: Vocabulary, options: EncodeOptions = {}): Int32Array {
  return encodeWords(tokenise(text, options), vocabulary, options.maxLength);
}

/** [2, T]: the shorter text is padded to the longer one. */
export function encodePair(
  text: string,
  pair: string,
  vocabulary: Vocabulary,
  options: EncodeOptions = {},
): Int32Array {
  return stack(encodeText(text, vocabulary, options), encodeText(pair, vocabulary, options));
}

/** @throws RangeError when some examples are pairs and others are not, or `maxLength` is no whole number above 0. */
export function encodeExamples(
  examples: readonly TextExample[],
  vocabulary: Vocabulary,
  options: EncodeOptions = {},
): EncodedTexts {
  const { maxLength = DEFAULT_MAX_LENGTH } = options;
  const cut = { texts: 0, words: 0 };
  const encode = (text: string) => {
    const words = tokenise(text, { ...options, onCut: () => cut.words++ });
    if (words.length > maxLength) cut.texts++;
    return encodeWords(words, vocabulary, maxLength);
  };
  const parts = examples[0]?.pair === undefined ? 1 : 2;
  const texts = examples.map(({ name, text, pair }) => {
    if ((pair === undefined) !== (parts === 1))
      throw new RangeError(`${name} is ${pair === undefined ? 'a single text' : 'a pair'}, unlike the first example`);
    return pair === undefined ? encode(text) : stack(encode(text), encode(pair));
  });
  return { texts, parts, labels: Int32Array.from(examples, ({ label }) => label), cut };
}

function encodeWords(words: readonly string[], vocabulary: Vocabulary, maxLength = DEFAULT_MAX_LENGTH): Int32Array {
  if (!(Number.isInteger(maxLength) && maxLength > 0)) throw new RangeError(`maxLength ${maxLength} is below 1`);
  if (words.length === 0) return Int32Array.of(UNKNOWN);
  return vocabulary.encode(words.slice(0, maxLength));
}

function stack(text: Int32Array, pair: Int32Array): Int32Array {
  const length = Math.max(text.length, pair.length);
  const both = new Int32Array(2 * length);
  both.set(text);
  both.set(pair, length);
  return both;
}
