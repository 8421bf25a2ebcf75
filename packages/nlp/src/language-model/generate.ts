/** Text from a language model, token by token, each drawn from what the network makes of those before it. */
import { type CompiledStep, compileStep, Random, tf, UserError } from '@attune/core';
import type { DecoderNetwork } from './decoder-network.ts';
import { KeyValueCache } from './key-value-cache.ts';
import type { LanguageModel } from './language-model.ts';
import { checkSampling, type SamplingOptions, sampleToken } from './sample.ts';

/**
 * One sequence that goes on token by token, with the keys and values of those before kept: a token costs a pass over one
 * token, and attention over `length` places.
 */
export class TokenByToken {
  /** Tokens so far. */
  position = 0;
  private readonly cache: KeyValueCache;
  private readonly step: CompiledStep<[tf.Tensor2D, tf.Scalar], { logits: tf.Tensor2D }>;

  /** @param length Tokens at most, up to the network's context. */
  constructor(
    network: DecoderNetwork,
    readonly length: number,
  ) {
    if (!(Number.isInteger(length) && length >= 1 && length <= network.config.context))
      throw new RangeError(`a length of ${length} tokens, and the context is ${network.config.context}`);
    this.cache = new KeyValueCache(network.config, 1, length);
    this.step = compileStep((token, position) => ({ logits: network.next(token, position, this.cache) }), {
      name: 'next token',
    });
  }

  /** Takes in a token, and gives the logits of what comes after it. */
  async next(token: number): Promise<Float32Array> {
    if (this.position >= this.length) throw new RangeError(`there is no room for more than ${this.length} tokens`);
    const inputs = [tf.tensor2d([token], [1, 1], 'int32'), tf.scalar(this.position, 'int32')] as const;
    this.position++;
    const { logits } = await this.step.run(...inputs);
    const values = (await logits.data()) as Float32Array;
    tf.dispose([...inputs, logits]);
    return values;
  }

  dispose(): void {
    this.step.dispose();
    this.cache.dispose();
  }
}

export interface GenerateOptions extends SamplingOptions {
  /** New tokens at most. */
  readonly maxTokens: number;
  /** Tokens that end it; they are not given. */
  readonly stop?: readonly number[] | undefined;
  /** Fixes all that is drawn. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** A stop token came, there were `maxTokens`, or the network takes no longer sequences. */
export type GenerationEnd = 'stop' | 'length' | 'context';

/** Lengths of caches are multiples of this, so that prompts of like length take one compiled step. */
const LENGTH_STEP = 64;

/**
 * Gives tokens one by one as they are drawn.
 * @param prompt At least one token.
 * @throws UserError for options out of range, or a prompt that the network's context does not hold.
 */
export async function* generateTokens(
  network: DecoderNetwork,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, GenerationEnd, void> {
  const { maxTokens, stop = [], seed, signal } = options;
  const { context } = network.config;
  checkSampling(options);
  if (!(Number.isSafeInteger(maxTokens) && maxTokens >= 1))
    throw new UserError(`maxTokens is ${maxTokens}, and must be a whole number of at least 1.`);
  if (prompt.length === 0) throw new UserError('The prompt has no tokens.', 'Give at least one to begin with.');
  if (prompt.length > context)
    throw new UserError(`The prompt has ${prompt.length} tokens, and ${network.name} takes ${context}.`, 'Shorten it.');
  const unknown = prompt.find((token) => !(Number.isInteger(token) && token >= 0 && token < network.classes));
  if (unknown !== undefined)
    throw new UserError(`The prompt has the token ${unknown}; there are 0 to ${network.classes - 1}.`);
  const random = Random.fromSeed(seed);
  const wanted = Math.min(prompt.length + maxTokens, context);
  const going = new TokenByToken(network, Math.min(Math.ceil(wanted / LENGTH_STEP) * LENGTH_STEP, context));
  try {
    let logits = new Float32Array();
    for (const token of prompt) logits = (await going.next(token)) as Float32Array<ArrayBuffer>;
    for (let count = 1; ; count++) {
      signal?.throwIfAborted();
      const token = sampleToken(logits, options, random);
      if (stop.includes(token)) return 'stop';
      yield token;
      if (count === maxTokens) return 'length';
      if (going.position === context) return 'context';
      logits = (await going.next(token)) as Float32Array<ArrayBuffer>;
    }
  } finally {
    going.dispose();
  }
}

export interface GeneratedText {
  /** What was added to the prompt. */
  readonly text: string;
  readonly tokens: readonly number[];
  readonly ended: GenerationEnd;
}

/**
 * Goes on with a text; by default until the model says that it ends.
 * @throws UserError as `generateTokens`.
 */
export async function generateText(
  { network, tokenizer }: LanguageModel,
  prompt: string,
  options: GenerateOptions,
): Promise<GeneratedText> {
  const { begin, end } = tokenizer;
  const own = [...(begin === undefined ? [] : [begin]), ...tokenizer.encode(prompt)];
  // Where the end of one text is the begin of the next, it also ends.
  const stop = options.stop ?? [begin, end].filter((token) => token !== undefined);
  const drawn = generateTokens(network, own, { ...options, stop });
  const tokens: number[] = [];
  for (;;) {
    const { value, done } = await drawn.next();
    if (done)
      return { text: tokenizer.decode([...own, ...tokens]).slice(tokenizer.decode(own).length), tokens, ended: value };
    tokens.push(value);
  }
}
