/** Transfer of text networks to labelled sentences and pairs of sentences. */

// Data sets
export type { TextExample } from './dataset/example.ts';
// Texts as numbers
export { PAD, SPECIAL_WORDS, UNKNOWN } from './text/special-words.ts';
