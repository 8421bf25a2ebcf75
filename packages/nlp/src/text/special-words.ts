/** The words that every vocabulary begins with, and their indices: what networks and encodings agree on. */

/** Fills a text up to its batch's length. Networks mask it. */
export const PAD = 0;
/** Stands for every word that the vocabulary lacks. */
export const UNKNOWN = 1;

/** Words 0 and 1 of every vocabulary. */
export const SPECIAL_WORDS = ['<pad>', '<unk>'] as const;
