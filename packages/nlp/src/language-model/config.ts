/**
 * The sizes of a decoder, and the `config.json` in which Hugging Face writes them, read as what a stranger may have made: every
 * number is bounded before anything of that size is made. Two families: Llama (Touvron et al. 2023, arXiv:2302.13971; with
 * grouped queries, arXiv:2307.09288) and GPT-2 (Radford et al. 2019).
 */
import { UserError } from '@attune/core';
import { ConfigFields } from '../config-fields.ts';

export const DECODER_FAMILIES = ['llama', 'gpt2'] as const;
/**
 * `llama`: root mean square normalisation, rotary positions, gated SiLU, no biases. `gpt2`: layer normalisation, a table of
 * positions, GELU by a hyperbolic tangent, biases.
 */
export type DecoderFamily = (typeof DECODER_FAMILIES)[number];

export interface DecoderConfig {
  readonly family: DecoderFamily;
  /** Tokens that there are. */
  readonly vocabularySize: number;
  /** Length of the vector of each token. */
  readonly hiddenSize: number;
  /** Width of the feed-forward part. */
  readonly innerSize: number;
  readonly layers: number;
  /** Attention heads of queries a layer; they divide `hiddenSize`. */
  readonly heads: number;
  /** Heads of keys and values, each for as many heads of queries: they divide `heads`, and for gpt2 are as many. */
  readonly keyHeads: number;
  /** Longest sequence, tokens. */
  readonly context: number;
  /** Added to the mean square, or the variance, in normalisations. */
  readonly epsilon: number;
  /** Of rotary positions: pair i of w/2 turns by base^(-2i/w) a token. Of no use to gpt2. */
  readonly rotaryBase: number;
  /** True: the head's matrix is the table of tokens. */
  readonly tied: boolean;
  /** Shares of values that training drops: of embeddings, of what each part adds, of attention weights. Each in [0, 1). */
  readonly dropout: { readonly embeddings: number; readonly residual: number; readonly attention: number };
}

export const NO_DROPOUT: DecoderConfig['dropout'] = { embeddings: 0, residual: 0, attention: 0 };

/** Greatest sizes that are read: those of the largest decoders there are. */
const LIMITS = { vocabulary: 2_000_000, width: 16_384, layers: 256, context: 1_048_576 } as const;

/** Values of all parameters together, at most: 8 GB. */
const MOST_VALUES = 2e9;

/**
 * Checks sizes that came from outside.
 * @param source What they are of, in messages.
 * @throws UserError for one that is no whole number in range, sizes that do not go together, or too many parameters.
 */
export function checkDecoderConfig(config: DecoderConfig, source: string): DecoderConfig {
  const { family, vocabularySize, hiddenSize, innerSize, layers, heads, keyHeads, context, rotaryBase } = config;
  const sizes: readonly (readonly [what: string, size: number, most: number])[] = [
    ['vocabulary', vocabularySize, LIMITS.vocabulary],
    ['vector of a token', hiddenSize, LIMITS.width],
    ['feed-forward part', innerSize, 4 * LIMITS.width],
    ['number of layers', layers, LIMITS.layers],
    ['number of heads', heads, hiddenSize],
    ['number of heads of keys', keyHeads, heads],
    ['context', context, LIMITS.context],
  ];
  for (const [what, size, most] of sizes)
    if (!(Number.isInteger(size) && size >= 1 && size <= most))
      throw new UserError(`${source}: the ${what} is ${size}, and must be a whole number from 1 to ${most}.`);
  if (hiddenSize % heads !== 0)
    throw new UserError(`${source}: ${heads} attention heads do not divide the size of ${hiddenSize}.`);
  if (heads % keyHeads !== 0)
    throw new UserError(`${source}: ${keyHeads} heads of keys do not divide the ${heads} heads of queries.`);
  if (family === 'gpt2' && keyHeads !== heads)
    throw new UserError(`${source}: gpt2 has a head of keys for each of the ${heads} heads of queries.`);
  if (family === 'llama' && (hiddenSize / heads) % 2 !== 0)
    throw new UserError(`${source}: heads of ${hiddenSize / heads} values cannot be turned in pairs.`);
  if (!(rotaryBase >= 1 && rotaryBase <= 1e9))
    throw new UserError(`${source}: the base of rotary positions is ${rotaryBase}, and must be from 1 to 1e9.`);
  const values = decoderValues(config);
  if (values > MOST_VALUES)
    throw new UserError(`${source} describes a decoder of ${(values / 1e9).toFixed(1)} billion parameters.`);
  return config;
}

/** Numbers in all matrices and tables together. */
export function decoderValues(config: DecoderConfig): number {
  const { family, vocabularySize, hiddenSize, innerSize, layers, heads, keyHeads, context, tied } = config;
  const keys = (hiddenSize / heads) * keyHeads;
  const layer = hiddenSize * (2 * hiddenSize + 2 * keys + (family === 'llama' ? 3 : 2) * innerSize);
  const positions = family === 'gpt2' ? context * hiddenSize : 0;
  return (tied ? 1 : 2) * vocabularySize * hiddenSize + positions + layers * layer;
}

/**
 * Reads the parsed JSON.
 * @param source What it is called in messages.
 * @throws UserError that names the field: missing, of another type, out of range, or of an architecture that is not known.
 */
export function parseDecoderConfig(value: unknown, source: string): DecoderConfig {
  const fields = new ConfigFields(value, source);
  const family = fields.choice('model_type', DECODER_FAMILIES);
  return checkDecoderConfig(family === 'llama' ? parseLlama(fields) : parseGpt2(fields), source);
}

function parseLlama(fields: ConfigFields): DecoderConfig {
  if (fields.optional('hidden_act') !== 'silu') fields.fail('hidden_act', 'must be silu');
  for (const name of ['attention_bias', 'mlp_bias'])
    if (fields.optional(name) === true) fields.fail(name, 'must not be true');
  for (const name of ['rope_scaling', 'rope_parameters']) {
    const scaling = fields.optional(name) as { rope_type?: unknown } | undefined;
    if (scaling !== undefined && scaling.rope_type !== 'default') fields.fail(name, 'must be left out');
  }
  const [hiddenSize, heads] = [
    fields.count('hidden_size', LIMITS.width),
    fields.count('num_attention_heads', LIMITS.width),
  ];
  const width = fields.optional('head_dim');
  if (width !== undefined && width !== hiddenSize / heads) fields.fail('head_dim', `must be ${hiddenSize / heads}`);
  return {
    family: 'llama',
    vocabularySize: fields.count('vocab_size', LIMITS.vocabulary),
    hiddenSize,
    innerSize: fields.count('intermediate_size', 4 * LIMITS.width),
    layers: fields.count('num_hidden_layers', LIMITS.layers),
    heads,
    keyHeads: fields.integer('num_key_value_heads', 1, heads, heads),
    context: fields.count('max_position_embeddings', LIMITS.context),
    epsilon: fields.number('rms_norm_eps', 1e-6, 0, 1),
    rotaryBase: fields.number('rope_theta', 10_000, 1, 1e9),
    tied: fields.optional('tie_word_embeddings') === true,
    dropout: { ...NO_DROPOUT, attention: fields.number('attention_dropout', 0, 0, 0.99) },
  };
}

function parseGpt2(fields: ConfigFields): DecoderConfig {
  const activation = fields.optional('activation_function') ?? 'gelu_new';
  if (activation !== 'gelu_new' && activation !== 'gelu_pytorch_tanh')
    fields.fail('activation_function', 'must be gelu_new');
  if (fields.optional('scale_attn_weights') === false) fields.fail('scale_attn_weights', 'must be true');
  if (fields.optional('scale_attn_by_inverse_layer_idx') === true)
    fields.fail('scale_attn_by_inverse_layer_idx', 'must not be true');
  const hiddenSize = fields.count('n_embd', LIMITS.width);
  const heads = fields.count('n_head', LIMITS.width);
  return {
    family: 'gpt2',
    vocabularySize: fields.count('vocab_size', LIMITS.vocabulary),
    hiddenSize,
    innerSize: fields.integer('n_inner', 1, 4 * LIMITS.width, 4 * hiddenSize),
    layers: fields.count('n_layer', LIMITS.layers),
    heads,
    keyHeads: heads,
    context: fields.count('n_positions', LIMITS.context),
    epsilon: fields.number('layer_norm_epsilon', 1e-5, 0, 1),
    rotaryBase: 10_000,
    tied: fields.optional('tie_word_embeddings') !== false,
    dropout: {
      embeddings: fields.number('embd_pdrop', 0.1, 0, 0.99),
      residual: fields.number('resid_pdrop', 0.1, 0, 0.99),
      attention: fields.number('attn_pdrop', 0.1, 0, 0.99),
    },
  };
}

/** The configuration as Hugging Face writes it, for `parseDecoderConfig` and other programs. */
export function decoderConfigJson(config: DecoderConfig): Record<string, unknown> {
  const { family, vocabularySize, hiddenSize, innerSize, layers, heads, context, epsilon, tied, dropout } = config;
  if (family === 'gpt2')
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: family,
      vocab_size: vocabularySize,
      n_embd: hiddenSize,
      n_inner: innerSize,
      n_layer: layers,
      n_head: heads,
      n_positions: context,
      activation_function: 'gelu_new',
      layer_norm_epsilon: epsilon,
      tie_word_embeddings: tied,
      embd_pdrop: dropout.embeddings,
      resid_pdrop: dropout.residual,
      attn_pdrop: dropout.attention,
    };
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: family,
    vocab_size: vocabularySize,
    hidden_size: hiddenSize,
    intermediate_size: innerSize,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: config.keyHeads,
    max_position_embeddings: context,
    hidden_act: 'silu',
    rms_norm_eps: epsilon,
    rope_theta: config.rotaryBase,
    tie_word_embeddings: tied,
    attention_dropout: dropout.attention,
  };
}
