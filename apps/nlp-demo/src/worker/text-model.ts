/** A network of texts with all that it takes from a text to its classes and into files. */
import type { Network } from '@attune/core';
import { type EncodedTexts, type FolderFiles, type TextExample, textSource } from '@attune/nlp';

export interface TextModel {
  readonly network: Network & { dispose(): void };
  /** Rows of an encoded text. */
  readonly parts: 1 | 3;
  words(text: string): string[];
  /** Whether it has a vector of this very word. */
  knows(word: string): boolean;
  /** [parts, T] of at least one word. @param words Undefined where a word is hidden: the network's unknown word. */
  encode(words: readonly (string | undefined)[]): Int32Array;
  /** A folder that plain transformers.js runs. @param labels Names of the classes. */
  files(labels: readonly string[]): Promise<FolderFiles>;
}

/** Words of a text that are read. A longer one is cut: each length more is another compiled step. */
export const MOST_WORDS = 48;

export function encodeTexts(model: Pick<TextModel, 'words' | 'encode' | 'parts'>, examples: readonly TextExample[]) {
  const cut = { texts: 0, words: 0 };
  const texts = examples.map(({ text }) => {
    const words = model.words(text);
    if (words.length > MOST_WORDS) cut.texts++;
    return model.encode(words);
  });
  return {
    texts,
    parts: model.parts,
    labels: Int32Array.from(examples, ({ label }) => label),
    cut,
  } satisfies EncodedTexts;
}

/** Two lengths at most: each is compiled on its own, which takes longer than what padding costs here. */
export function sourceOf(encoded: EncodedTexts, shuffle: boolean) {
  return textSource(encoded, { shuffle, buckets: lengthsOf(encoded) });
}

/** Lengths that texts are padded to: the longest one, and half of it. */
function lengthsOf({ texts, parts }: EncodedTexts): number[] {
  const longest = texts.reduce((most, { length }) => Math.max(most, length / parts), 1);
  const whole = MULTIPLE * Math.ceil(longest / MULTIPLE);
  const half = MULTIPLE * Math.ceil(whole / 2 / MULTIPLE);
  return half < whole && whole > SHORT ? [half, whole] : [whole];
}

/** Texts of any data have one of few lengths, so that what was compiled for some serves others. */
const MULTIPLE = 8;
/** Up to it there is one length. */
const SHORT = 24;
