/**
 * The package's entry for browsers, which bundlers take through the export condition `browser`: what index.ts exports and
 * needs no files.
 */

// Data sets
export type { TextExample } from './dataset/example.ts';
// Texts as numbers
export { PAD, SPECIAL_WORDS, UNKNOWN } from './text/special-words.ts';
