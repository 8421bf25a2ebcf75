/** What language models read texts through: a text as numbers, and back. */
export interface LanguageTokenizer {
  /** Greatest number of a token, + 1. */
  readonly size: number;
  /** What stands before a text; undefined where nothing does. */
  readonly begin: number | undefined;
  /** What stands after a text. */
  readonly end: number | undefined;
  /** The tokens of a text, without `begin` and `end`. */
  encode(text: string): number[];
  /** The text of tokens; `begin` and `end` are nothing in it. */
  decode(tokens: readonly number[]): string;
}
