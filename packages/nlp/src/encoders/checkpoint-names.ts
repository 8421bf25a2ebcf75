/**
 * The names and layouts that Hugging Face's checkpoints have for an encoder's parameters, as a convention of weights files.
 * Its matrices are stored [outputs, inputs], ours are [inputs, outputs]; tables are the same.
 */
import type { Parameter, TensorValues } from '@attune/core';
import type { Convention } from '@attune/zoo';
import type { EncoderFamily } from './config.ts';

interface Naming {
  /** What classifiers put before the names of the encoder; plain encoders put nothing. */
  readonly prefix: string;
  /** By our name, `#` for the number of a layer, without `.weight` and `.bias`; `/` in front: never with the prefix. */
  readonly names: Readonly<Record<string, string>>;
}

const BERT_NAMES = {
  'embeddings.word': 'embeddings.word_embeddings',
  'embeddings.position': 'embeddings.position_embeddings',
  'embeddings.token_type': 'embeddings.token_type_embeddings',
  'embeddings.norm': 'embeddings.LayerNorm',
  'layer.#.attention.query': 'encoder.layer.#.attention.self.query',
  'layer.#.attention.key': 'encoder.layer.#.attention.self.key',
  'layer.#.attention.value': 'encoder.layer.#.attention.self.value',
  'layer.#.attention.output': 'encoder.layer.#.attention.output.dense',
  'layer.#.attention.norm': 'encoder.layer.#.attention.output.LayerNorm',
  'layer.#.inner.up': 'encoder.layer.#.intermediate.dense',
  'layer.#.inner.down': 'encoder.layer.#.output.dense',
  'layer.#.inner.norm': 'encoder.layer.#.output.LayerNorm',
} as const;

const NAMINGS: Readonly<Record<EncoderFamily, Naming>> = {
  bert: { prefix: 'bert.', names: { ...BERT_NAMES, pooler: 'pooler.dense', head: '/classifier' } },
  // Its classifier has a dense layer of its own in place of a pooler.
  roberta: {
    prefix: 'roberta.',
    names: { ...BERT_NAMES, pooler: '/classifier.dense', head: '/classifier.out_proj' },
  },
  distilbert: {
    prefix: 'distilbert.',
    names: {
      'embeddings.word': 'embeddings.word_embeddings',
      'embeddings.position': 'embeddings.position_embeddings',
      'embeddings.norm': 'embeddings.LayerNorm',
      'layer.#.attention.query': 'transformer.layer.#.attention.q_lin',
      'layer.#.attention.key': 'transformer.layer.#.attention.k_lin',
      'layer.#.attention.value': 'transformer.layer.#.attention.v_lin',
      'layer.#.attention.output': 'transformer.layer.#.attention.out_lin',
      'layer.#.attention.norm': 'transformer.layer.#.sa_layer_norm',
      'layer.#.inner.up': 'transformer.layer.#.ffn.lin1',
      'layer.#.inner.down': 'transformer.layer.#.ffn.lin2',
      'layer.#.inner.norm': 'transformer.layer.#.output_layer_norm',
      pooler: '/pre_classifier',
      head: '/classifier',
    },
  },
};

/** What checkpoints hold besides: heads of other tasks, what is not used here, and tables of numbers from 0. */
const IGNORED = [
  /(^|\.)position_ids$/,
  /(^|\.)pooler\./,
  /^(cls|lm_head|classifier|pre_classifier|qa_outputs)\./,
  /^vocab_(transform|layer_norm|projector)\./,
];

/** Names as classifiers have them; parameters that were added to the network keep ours. */
export function checkpointName(family: EncoderFamily, parameter: string): string {
  const { prefix, names } = NAMINGS[family];
  const [, module, kind] = /^(.*)\.(\w+)$/.exec(parameter)!;
  const number = /^layer\.(\d+)\./.exec(module!)?.[1];
  const name = names[number === undefined ? module! : module!.replace(/^layer\.\d+/, 'layer.#')];
  if (name === undefined) return parameter;
  const full = name.startsWith('/') ? name.slice(1) : `${prefix}${name}`;
  return `${full.replace('#', number ?? '')}.${kind}`;
}

/**
 * How a checkpoint with these tensors names what we have: with or without the prefix, and with the `gamma` and `beta` of old
 * checkpoints. Where it lacks a tensor, the name is the one that a classifier would have.
 */
export function checkpointConvention(
  family: EncoderFamily,
  tensors: ReadonlyMap<string, unknown>,
  hasHead: boolean,
): Convention {
  const { prefix } = NAMINGS[family];
  const old = (name: string) =>
    name.replace(/(LayerNorm|layer_norm)\.weight$/, '$1.gamma').replace(/(LayerNorm|layer_norm)\.bias$/, '$1.beta');
  return {
    foreignName(parameter) {
      const name = checkpointName(family, parameter);
      const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
      return [name, bare, old(name), old(bare)].find((candidate) => tensors.has(candidate)) ?? name;
    },
    foreignShape: (parameter) => {
      const { shape } = parameter.variable;
      return isTransposed(family, parameter) ? [shape[1]!, shape[0]!] : shape;
    },
    rearrange: (parameter, values) => {
      const [inputs, outputs] = parameter.variable.shape as [number, number];
      return isTransposed(family, parameter) ? transposed(values, outputs, inputs) : values;
    },
    ignored: IGNORED,
    hasHead,
  };
}

/** Values in the layout of a checkpoint, and their shape there. */
export function toCheckpoint(
  family: EncoderFamily,
  parameter: Parameter,
  values: Float32Array,
): { shape: readonly number[]; data: Float32Array } {
  const { shape } = parameter.variable;
  if (!isTransposed(family, parameter)) return { shape, data: values };
  const [inputs, outputs] = shape as [number, number];
  return { shape: [outputs, inputs], data: transposed(values, inputs, outputs) as Float32Array };
}

/** Matrices of dense layers that the checkpoint names; tables and what was added are laid out as here. */
function isTransposed(family: EncoderFamily, { name, role, variable }: Parameter): boolean {
  const table = /^embeddings\.(word|position|token_type)\./.test(name);
  return role === 'weight' && variable.rank === 2 && !table && checkpointName(family, name) !== name;
}

function transposed(values: TensorValues, rows: number, columns: number): TensorValues {
  const result = values.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  return result;
}
