/** Texts as sequences of one length for next-token training: at each place the token after it is to be named. */
import type { ExampleSource } from '@attune/core';
import { examplesInMemory, UserError } from '@attune/core';
import type { LanguageTokenizer } from './tokenizer.ts';

/**
 * `packed`: all texts one after the other, cut into sequences, so that hardly anything is padded. `rows`: each text is a
 * sequence by itself, cut off at the length and padded up to it.
 */
export type SequenceLayout = 'packed' | 'rows';

export interface TokenSourceOptions {
  /** Tokens of a sequence. */
  readonly length: number;
  /** Default `packed`. */
  readonly layout?: SequenceLayout | undefined;
  /** In another order every epoch. Default false. */
  readonly shuffle?: boolean | undefined;
}

/** A stretch of tokens, and from which on they are to be named (those before are only read). */
export interface TokenWindow {
  readonly tokens: readonly number[];
  /** At least 1: the first token follows from nothing. */
  readonly named: number;
}

/**
 * Examples [T] for core's next-token loss.
 * @throws UserError when the length is out of range, or nothing in the texts is to be named.
 */
export function tokenSource(
  texts: readonly string[],
  tokenizer: LanguageTokenizer,
  { length, layout = 'packed', shuffle = false }: TokenSourceOptions,
): ExampleSource {
  if (!(Number.isInteger(length) && length >= 1))
    throw new UserError(`The length of sequences is ${length}, and must be a whole number of at least 1.`);
  const sequences = texts.map((text) => tokensOf(text, tokenizer));
  const windows =
    layout === 'rows'
      ? sequences.map((sequence): TokenWindow => ({ tokens: sequence.slice(0, length + 1), named: 1 }))
      : slidingWindows(joined(sequences, tokenizer), length, length);
  return windowSource(windows, length, { shuffle, never: neverNamed(tokenizer) });
}

/** A text's tokens with what stands before and after it. */
export function tokensOf(text: string, tokenizer: LanguageTokenizer): number[] {
  const { begin, end } = tokenizer;
  return [...(begin === undefined ? [] : [begin]), ...tokenizer.encode(text), ...(end === undefined ? [] : [end])];
}

/** What follows from no text, and so is never to be named: the begin of the next one. Where that is how texts end, it is. */
export function neverNamed({ begin, end }: LanguageTokenizer): number | undefined {
  return begin === end ? undefined : begin;
}

/** One after the other. Where a token both ends and begins texts, it stands between two once. */
function joined(sequences: readonly (readonly number[])[], { begin, end }: LanguageTokenizer): number[] {
  const twice = begin !== undefined && begin === end;
  return sequences.flatMap((sequence, i) => (twice && i > 0 ? sequence.slice(1) : sequence));
}

/** Stretches of `length` + 1 tokens that begin every `stride` tokens; each token but the first is named once. */
export function slidingWindows(tokens: readonly number[], length: number, stride: number): TokenWindow[] {
  const windows: TokenWindow[] = [];
  for (let start = 0; start === 0 || start - stride + length + 1 < tokens.length; start += stride)
    windows.push({ tokens: tokens.slice(start, start + length + 1), named: start === 0 ? 1 : length - stride + 1 });
  return windows;
}

/**
 * Windows as examples of `length` places.
 * @param options.never A token that is never to be named.
 * @throws UserError when there is nothing to be named.
 */
export function windowSource(
  windows: readonly TokenWindow[],
  length: number,
  { shuffle, never }: { readonly shuffle: boolean; readonly never: number | undefined },
): ExampleSource {
  const useful = windows.filter(({ tokens, named }) => tokens.slice(named).some((token) => token !== never));
  if (useful.length === 0)
    throw new UserError('There are no tokens to be named: the texts are empty.', 'Give some text.');
  const inputs = new Int32Array(useful.length * length);
  const targets = new Int32Array(useful.length * length).fill(-1);
  for (const [row, { tokens, named }] of useful.entries()) {
    // What stands behind the last token changes nothing before it.
    inputs.set(tokens.slice(0, length), row * length);
    for (let i = named; i < tokens.length; i++) if (tokens[i] !== never) targets[row * length + i - 1] = tokens[i]!;
  }
  const labels = new Int32Array(useful.length).fill(-1);
  return examplesInMemory({ inputs, tokens: targets, labels, shape: [length], shuffle });
}
