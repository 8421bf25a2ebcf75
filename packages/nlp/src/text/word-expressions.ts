/**
 * The grammar of `tokenise` as regular expressions, for the `tokenizer.json` of exported networks. They find the same words, which
 * a test shows on drawn texts; `tokenise` does without them, as expressions run out of memory on a file without a space.
 *
 * Each holds no more than transformers.js's reading of patterns leaves as it is: no `\s`, `.`, `^` or `$`.
 */
import { LONGEST_WORD, UNSPACED_SCRIPTS } from './tokenise.ts';

const UNSPACED = `[${UNSPACED_SCRIPTS.map((script) => `\\p{Script=${script}}`).join('')}]`;
const LETTER = `(?:\\p{M}|(?!${UNSPACED})[\\p{L}\\p{N}])`;
const CHARACTER = `(?=${UNSPACED})[\\p{L}\\p{N}]\\p{M}*`;

const JOINERS = "'’\\u200c\\u200d\\-";
/** What a word goes on with: `o'clock`, `1,000.5`. */
const JOINED = `(?:(?:[${JOINERS}]|(?<=[0-9])[.,:](?=[0-9]))${LETTER}+)*`;

/** Two UTF-16 code units, which only the first initial of an abbreviation may be. */
const LONG = '[\\u{10000}-\\u{10ffff}]';
const FIRST_INITIAL = `(?![0-9İ])${LETTER}(?!${LETTER})`;
const INITIAL = `(?![0-9İ]|${LONG})${LETTER}(?!${LETTER})`;
/** What ends an abbreviation without a full stop of its own: `a.1`. */
const NO_INITIAL = `(?:[0-9İ](?!${LETTER})|(?=${LONG})${LETTER}+)`;
const ABBREVIATION = `${FIRST_INITIAL}(?:(?:\\.${INITIAL})+(?:\\.${NO_INITIAL}${JOINED}|\\.|${JOINED})|\\.${NO_INITIAL}${JOINED})`;

const WORD = `${ABBREVIATION}|${LETTER}+${JOINED}`;

const ENDINGS = '[sSmMdD]|[lL]{2}|[rRvV][eE]';
/** A contraction's second half that stands alone. */
const ALONE = `['’](?:${ENDINGS}|[tT])(?!${LETTER})`;
const BRACKET = '-[lLrR][rRsScC][bB]-';
/** The same sign again and again. */
const SIGNS = `([^\\p{L}\\p{N}\\p{M}\\p{Z}\\p{Cc}\\p{Cf}\\p{Cs}])(?:(?!${ALONE})\\1)*\\p{M}*`;

/** One word or sign, contractions still whole. What lies between matches is blank. */
export const TOKEN_EXPRESSION = [WORD, CHARACTER, ALONE, BRACKET, SIGNS].join('|');

/** What is kept of a token. */
export const KEPT_EXPRESSION = `(?<![\\s\\S])[\\s\\S]{1,${LONGEST_WORD}}`;

/** Becomes a straight apostrophe. */
export const APOSTROPHE_EXPRESSION = '’';

const SECOND_HALF = `(?:(?<=[^'\\u200c\\u200d\\-])[nN]'[tT]|(?<=[\\s\\S])'(?:${ENDINGS}))`;

/** The second halves of contractions that a token ends with. What lies between matches is a word too. */
export const CONTRACTION_EXPRESSION = `${SECOND_HALF}(?=${SECOND_HALF}*(?![\\s\\S]))`;
