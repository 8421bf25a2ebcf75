/** Words of examples, one text after the other: what vocabularies and counts are made from. */
import type { TextExample } from '../dataset/example.ts';
import { type TokeniseOptions, tokenise } from './tokenise.ts';

/** Of each example its text's words, and then those of its pair's second text. */
export function* exampleWords(
  examples: Iterable<Pick<TextExample, 'text' | 'pair'>>,
  options: TokeniseOptions = {},
): Generator<string[], void, void> {
  for (const { text, pair } of examples) {
    yield tokenise(text, options);
    if (pair !== undefined) yield tokenise(pair, options);
  }
}
