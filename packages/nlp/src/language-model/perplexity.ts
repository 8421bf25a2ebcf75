/** How well a language model foretells texts. */
import { evaluate, UserError } from '@attune/core';
import type { LanguageModel } from './language-model.ts';
import { neverNamed, slidingWindows, tokensOf, windowSource } from './token-source.ts';

export interface PerplexityOptions {
  /** Tokens of a window. Default: the network's context, or what the longest text has where that is less. */
  readonly length?: number | undefined;
  /**
   * Tokens from the begin of a window to the next one's, 1 to `length`: each token is named once, and but at the begin of a text
   * from at least `length` - `stride` tokens before it. Default: half the length.
   */
  readonly stride?: number | undefined;
  /** Windows at a time. Default 8. */
  readonly batchSize?: number | undefined;
}

export interface Perplexity {
  /** exp(loss): of so many equally likely tokens the model would be as unsure. */
  readonly perplexity: number;
  /** Mean cross-entropy of a token, nats. */
  readonly loss: number;
  /** Share of tokens that the model held for the likeliest, in [0, 1]. */
  readonly accuracy: number;
  /** Tokens that were to be named. */
  readonly tokens: number;
}

/** Measures each text by itself, over sliding windows where it is longer than one. @throws UserError when texts are empty. */
export async function perplexity(
  { network, tokenizer }: LanguageModel,
  texts: readonly string[],
  options: PerplexityOptions = {},
): Promise<Perplexity> {
  const { context } = network.config;
  const sequences = texts.map((text) => tokensOf(text, tokenizer));
  const longest = sequences.reduce((most, { length }) => Math.max(most, length - 1), 1);
  const { length = Math.min(context, longest), batchSize = 8 } = options;
  const { stride = Math.ceil(length / 2) } = options;
  const demand = (right: boolean, name: string, value: number, most: number) => {
    if (!right) throw new UserError(`${name} is ${value}, and must be a whole number from 1 to ${most}.`);
  };
  demand(Number.isInteger(length) && length >= 1 && length <= context, 'length', length, context);
  demand(Number.isInteger(stride) && stride >= 1 && stride <= length, 'stride', stride, length);
  const windows = sequences.flatMap((sequence) => slidingWindows(sequence, length, stride));
  const source = windowSource(windows, length, { shuffle: false, never: neverNamed(tokenizer) });
  const { loss, accuracy, labels } = await evaluate({ network, source, batchSize, loss: 'next-token' });
  return { perplexity: Math.exp(loss), loss, accuracy, tokens: labels.length };
}
