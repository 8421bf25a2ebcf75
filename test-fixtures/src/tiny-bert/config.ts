/** The architecture of the tiny encoder, and where it lies. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** As its `config.json` has it. */
export const TINY_BERT_CONFIG = {
  architectures: ['BertModel'],
  model_type: 'bert',
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 64,
  hidden_act: 'gelu',
  max_position_embeddings: 128,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  pad_token_id: 0,
} as const;

/** A folder as transformers.js and `loadEncoder` read it. */
export const TINY_BERT_DIRECTORY: string = join(
  fileURLToPath(new URL('../../data', import.meta.url)),
  'nlp',
  'tiny_bert',
);
