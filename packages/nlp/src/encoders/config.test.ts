import { UserError } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { encoderConfigJson, mostTokens, parseEncoderConfig } from './config.ts';

const BERT = {
  model_type: 'bert',
  vocab_size: 100,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 24,
  hidden_act: 'gelu',
  max_position_embeddings: 64,
};
const parse = (more: Record<string, unknown> = {}) => parseEncoderConfig({ ...BERT, ...more }, 'config.json');

describe('parseEncoderConfig', () => {
  it("has BERT's defaults", () => {
    const config = parse();
    expect(config).toEqual({
      family: 'bert',
      vocabularySize: 100,
      hiddenSize: 12,
      layers: 2,
      heads: 3,
      innerSize: 24,
      activation: 'gelu',
      positions: 64,
      firstPosition: 0,
      tokenTypes: 2,
      epsilon: 1e-12,
      dropout: 0.1,
      attentionDropout: 0.1,
    });
    expect(mostTokens(config)).toBe(64);
  });

  it.each([
    BERT,
    { ...BERT, model_type: 'roberta', type_vocab_size: 1, layer_norm_eps: 1e-5, pad_token_id: 1 },
    {
      model_type: 'distilbert',
      vocab_size: 100,
      dim: 12,
      n_layers: 2,
      n_heads: 3,
      hidden_dim: 24,
      activation: 'relu',
      max_position_embeddings: 64,
      dropout: 0,
    },
  ])('reads back what it writes: $model_type', (json) => {
    const config = parseEncoderConfig(json, 'it');
    expect(parseEncoderConfig(JSON.parse(JSON.stringify(encoderConfigJson(config))), 'it')).toEqual(config);
    expect(mostTokens(config)).toBe(json.model_type === 'roberta' ? 62 : 64);
  });

  it.each<[Record<string, unknown>, string]>([
    [
      { model_type: 'gpt2' },
      "config.json: model_type 'gpt2' is not supported. Choose from: bert, roberta, distilbert.",
    ],
    [{ model_type: 'distillbert' }, 'Did you mean distilbert'],
    [{ model_type: 7 }, 'model_type must be one of bert, roberta, distilbert; it is 7.'],
    [{ hidden_size: 1e9 }, 'hidden_size must be an integer from 1 to 16384; it is 1000000000.'],
    [{ hidden_size: undefined }, 'hidden_size must be an integer from 1 to 16384; it is missing.'],
    [{ num_hidden_layers: 2.5 }, 'num_hidden_layers must be an integer from 0 to 128; it is 2.5.'],
    [{ num_attention_heads: 5 }, '5 attention heads do not divide the size of 12.'],
    [{ hidden_act: 'swish' }, "hidden_act 'swish' is not supported."],
    [{ hidden_dropout_prob: 1 }, 'hidden_dropout_prob must be a number from 0 to 0.99; it is 1.'],
    [{ layer_norm_eps: '1e-12' }, 'layer_norm_eps must be a number'],
    [{ position_embedding_type: 'relative_key' }, 'position_embedding_type must be absolute'],
    [{ is_decoder: true }, 'this is no encoder'],
    [{ model_type: 'roberta', pad_token_id: 80 }, 'there are 64 positions, and the first is 81.'],
    [
      { vocab_size: 2e6, hidden_size: 16384, num_attention_heads: 1 },
      'describes an encoder of 34.9 billion parameters',
    ],
    [{ hidden_act: `${'x'.repeat(1e6)}` }, 'is not supported'],
  ])('refuses %j', (more, message) => {
    const failure = catchError(() => parse(more));
    expect(failure).toBeInstanceOf(UserError);
    expect(failure.message).toContain(message);
    expect(failure.message.length).toBeLessThan(400);
  });

  it.each([null, [], 'bert', 7])('refuses %j', (value) => {
    expect(() => parseEncoderConfig(value, 'config.json')).toThrow('config.json is not an object.');
  });
});

function catchError(fn: () => unknown): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
