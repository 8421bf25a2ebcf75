/**
 * The `config.json` of a transformer encoder, as Hugging Face writes it, read as what a stranger may have made: every number
 * is bounded before anything of that size is made. Three families of one architecture: BERT (Devlin et al. 2019,
 * arXiv:1810.04805), RoBERTa (Liu et al. 2019, arXiv:1907.11692), DistilBERT (Sanh et al. 2019, arXiv:1910.01108).
 */
import { UserError } from '@attune/core';
import { ConfigFields } from '../config-fields.ts';

export const ENCODER_FAMILIES = ['bert', 'roberta', 'distilbert'] as const;
export type EncoderFamily = (typeof ENCODER_FAMILIES)[number];

export const ENCODER_ACTIVATIONS = ['gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu', 'silu'] as const;
export type EncoderActivation = (typeof ENCODER_ACTIVATIONS)[number];

export interface EncoderConfig {
  readonly family: EncoderFamily;
  /** Word pieces. */
  readonly vocabularySize: number;
  /** Length of the vector of each token. */
  readonly hiddenSize: number;
  readonly layers: number;
  /** Attention heads a layer; they divide `hiddenSize`. */
  readonly heads: number;
  /** Width of the feed-forward part. */
  readonly innerSize: number;
  readonly activation: EncoderActivation;
  /** Rows of the position table. */
  readonly positions: number;
  /** The position of the first token: RoBERTa leaves out as many rows as its padding's number + 1. */
  readonly firstPosition: number;
  /** Rows of the table that tells the texts of a pair apart; 0: there is none. */
  readonly tokenTypes: number;
  /** Added to the variance in layer normalisations. */
  readonly epsilon: number;
  /** Share of values that training drops behind embeddings, attention outputs, feed-forward outputs and before the head. */
  readonly dropout: number;
  /** Share of attention weights that training drops. */
  readonly attentionDropout: number;
}

/** Tokens of the longest text that the encoder takes. */
export function mostTokens({ positions, firstPosition }: EncoderConfig): number {
  return positions - firstPosition;
}

/** Greatest sizes that are read: several times those of the largest encoders there are. */
const LIMITS = {
  vocabulary: 2_000_000,
  width: 16_384,
  layers: 128,
  positions: 65_536,
  tokenTypes: 64,
} as const;

/** Values of all parameters together, at most: 8 GB. */
const MOST_VALUES = 2e9;

/**
 * Reads the parsed JSON.
 * @param source What it is called in messages.
 * @throws UserError that names the field: missing, of another type, out of range, or of an architecture that is not known.
 */
export function parseEncoderConfig(value: unknown, source: string): EncoderConfig {
  const fields = new ConfigFields(value, source);
  const family = fields.choice('model_type', ENCODER_FAMILIES);
  const distil = family === 'distilbert';
  const positionKind = fields.optional('position_embedding_type') ?? 'absolute';
  if (positionKind !== 'absolute') fields.fail('position_embedding_type', 'must be absolute');
  if (fields.optional('is_decoder') === true) fields.fail('is_decoder', 'must not be true: this is no encoder');
  const config: EncoderConfig = {
    family,
    vocabularySize: fields.count('vocab_size', LIMITS.vocabulary),
    hiddenSize: fields.count(distil ? 'dim' : 'hidden_size', LIMITS.width),
    layers: fields.integer(distil ? 'n_layers' : 'num_hidden_layers', 0, LIMITS.layers),
    heads: fields.count(distil ? 'n_heads' : 'num_attention_heads', LIMITS.width),
    innerSize: fields.count(distil ? 'hidden_dim' : 'intermediate_size', 4 * LIMITS.width),
    activation: fields.choice(distil ? 'activation' : 'hidden_act', ENCODER_ACTIVATIONS),
    positions: fields.count('max_position_embeddings', LIMITS.positions),
    firstPosition: family === 'roberta' ? 1 + fields.integer('pad_token_id', 0, 1024, 1) : 0,
    tokenTypes: distil ? 0 : fields.integer('type_vocab_size', 0, LIMITS.tokenTypes, 2),
    epsilon: fields.number('layer_norm_eps', 1e-12, 0, 1),
    dropout: fields.number(distil ? 'dropout' : 'hidden_dropout_prob', 0.1, 0, 0.99),
    attentionDropout: fields.number(distil ? 'attention_dropout' : 'attention_probs_dropout_prob', 0.1, 0, 0.99),
  };
  const { hiddenSize, heads, positions, firstPosition, vocabularySize, layers, innerSize } = config;
  if (hiddenSize % heads !== 0)
    throw new UserError(`${source}: ${heads} attention heads do not divide the size of ${hiddenSize}.`);
  if (positions <= firstPosition)
    throw new UserError(`${source}: there are ${positions} positions, and the first is ${firstPosition}.`);
  const values = (vocabularySize + positions) * hiddenSize + layers * hiddenSize * (4 * hiddenSize + 2 * innerSize);
  if (values > MOST_VALUES)
    throw new UserError(`${source} describes an encoder of ${(values / 1e9).toFixed(1)} billion parameters.`);
  return config;
}

/** The configuration as Hugging Face writes it, for `parseEncoderConfig` and other programs. */
export function encoderConfigJson(config: EncoderConfig): Record<string, unknown> {
  const { family, hiddenSize, layers, heads, innerSize, activation, dropout, attentionDropout } = config;
  const shared = { model_type: family, vocab_size: config.vocabularySize, max_position_embeddings: config.positions };
  if (family === 'distilbert')
    return {
      ...shared,
      dim: hiddenSize,
      n_layers: layers,
      n_heads: heads,
      hidden_dim: innerSize,
      activation,
      dropout,
      attention_dropout: attentionDropout,
    };
  return {
    ...shared,
    hidden_size: hiddenSize,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: innerSize,
    hidden_act: activation,
    type_vocab_size: config.tokenTypes,
    layer_norm_eps: config.epsilon,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: attentionDropout,
    ...(family === 'roberta' ? { pad_token_id: config.firstPosition - 1 } : {}),
  };
}
