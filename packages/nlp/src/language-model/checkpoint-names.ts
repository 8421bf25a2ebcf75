/**
 * The names and layouts that Hugging Face's checkpoints have for a decoder's parameters. Llama's matrices are stored [outputs,
 * inputs], ours are [inputs, outputs]; GPT-2's are as ours, with queries, keys and values side by side in one.
 */
import type { Parameter, SafetensorsTensor, TensorToWrite } from '@attune/core';
import { UserError } from '@attune/core';
import { assignWeights, type Convention } from '@attune/zoo';
import { type DecoderConfig, type DecoderFamily, decoderValues } from './config.ts';
import { DecoderNetwork } from './decoder-network.ts';
import { columnParts, joinColumns, transposed } from './layouts.ts';

/** By our name, `#` for the number of a layer, without `.weight` and `.bias`. */
const NAMES: Readonly<Record<DecoderFamily, Readonly<Record<string, string>>>> = {
  llama: {
    'embeddings.token': 'model.embed_tokens',
    'layer.#.attention.norm': 'model.layers.#.input_layernorm',
    'layer.#.attention.query': 'model.layers.#.self_attn.q_proj',
    'layer.#.attention.key': 'model.layers.#.self_attn.k_proj',
    'layer.#.attention.value': 'model.layers.#.self_attn.v_proj',
    'layer.#.attention.output': 'model.layers.#.self_attn.o_proj',
    'layer.#.inner.norm': 'model.layers.#.post_attention_layernorm',
    'layer.#.inner.gate': 'model.layers.#.mlp.gate_proj',
    'layer.#.inner.up': 'model.layers.#.mlp.up_proj',
    'layer.#.inner.down': 'model.layers.#.mlp.down_proj',
    'head.norm': 'model.norm',
    head: 'lm_head',
  },
  gpt2: {
    'embeddings.token': 'transformer.wte',
    'embeddings.position': 'transformer.wpe',
    'layer.#.attention.norm': 'transformer.h.#.ln_1',
    'layer.#.attention.query': 'transformer.h.#.attn.c_attn/query',
    'layer.#.attention.key': 'transformer.h.#.attn.c_attn/key',
    'layer.#.attention.value': 'transformer.h.#.attn.c_attn/value',
    'layer.#.attention.output': 'transformer.h.#.attn.c_proj',
    'layer.#.inner.norm': 'transformer.h.#.ln_2',
    'layer.#.inner.up': 'transformer.h.#.mlp.c_fc',
    'layer.#.inner.down': 'transformer.h.#.mlp.c_proj',
    'head.norm': 'transformer.ln_f',
    head: 'lm_head',
  },
};

/** Where GPT-2's checkpoints keep three of our parameters side by side, in this order. */
const FUSED = ['query', 'key', 'value'] as const;
const FUSED_NAME = /\.attn\.c_attn\.(weight|bias)$/;

/** Buffers that follow from the sizes. */
const IGNORED = [/\.attn\.(masked_)?bias$/, /rotary_emb\.inv_freq$/];

/** The checkpoint's name of a parameter of ours; ours where it has none, as for what was added. */
function checkpointName(family: DecoderFamily, parameter: string): string {
  const [, module, kind] = /^(.*)\.(\w+)$/.exec(parameter)!;
  const number = /^layer\.(\d+)\./.exec(module!)?.[1];
  const name = NAMES[family][module!.replace(/^layer\.\d+/, 'layer.#')];
  return name === undefined ? parameter : `${name.replace('#', number ?? '')}.${kind}`;
}

/** Tables are laid out as here, and the head's own matrix is stored as Llama's matrices in both families. */
function isTransposed(family: DecoderFamily, { name, role, variable }: Parameter): boolean {
  if (name === 'head.weight') return true;
  return family === 'llama' && role === 'weight' && variable.rank === 2 && /^layer\./.test(name);
}

/** How a checkpoint with these tensors, of `separateFused`, names what we have: with or without the prefix of all but the head. */
function checkpointConvention({ family, tied }: DecoderConfig, tensors: ReadonlyMap<string, unknown>): Convention {
  return {
    foreignName(parameter) {
      const name = checkpointName(family, parameter);
      const bare = name.replace(/^(transformer|model)\./, '');
      return tensors.has(bare) ? bare : name;
    },
    foreignShape: (parameter) => {
      const { shape } = parameter.variable;
      return isTransposed(family, parameter) ? [shape[1]!, shape[0]!] : shape;
    },
    rearrange: (parameter, values) => {
      const [inputs, outputs] = parameter.variable.shape as [number, number];
      return isTransposed(family, parameter) ? transposed(values as Float32Array, outputs, inputs) : values;
    },
    ignored: tied ? [...IGNORED, /^lm_head\.weight$/] : IGNORED,
    hasHead: true,
  };
}

/**
 * A checkpoint's tensors with queries, keys and values apart.
 * @throws UserError when a tensor that should hold the three has another shape.
 */
function separateFused(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  { family, hiddenSize: size }: DecoderConfig,
  source: string,
): ReadonlyMap<string, SafetensorsTensor> {
  if (family !== 'gpt2') return tensors;
  const separate = new Map<string, SafetensorsTensor>();
  for (const [name, tensor] of tensors) {
    const kind = FUSED_NAME.exec(name)?.[1];
    if (kind === undefined) {
      separate.set(name, tensor);
      continue;
    }
    const shape = kind === 'bias' ? [3 * size] : [size, 3 * size];
    if (tensor.shape.join() !== shape.join() || !(tensor.data instanceof Float32Array))
      throw new UserError(
        `The weights in ${source} do not fit: '${name}' is ${tensor.dtype} [${tensor.shape.join(', ')}], not numbers [${shape.join(', ')}].`,
        'Check that the file belongs to its config.json.',
      );
    const rows = kind === 'bias' ? 1 : size;
    for (const [i, data] of columnParts(tensor.data, rows, 3 * size, 3).entries())
      separate.set(name.replace(/\.(\w+)$/, `/${FUSED[i]}.$1`), {
        dtype: 'F32',
        shape: kind === 'bias' ? [size] : [size, size],
        data,
      });
  }
  return separate;
}

/** Numbers that are made for any file. */
const SMALL = 1e6;

/**
 * A network of a checkpoint's tensors.
 * @param source What the tensors are of, in messages.
 * @throws UserError that names every tensor that is missing, left over or of another shape.
 */
export function openTensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  config: DecoderConfig,
  name: string,
  source: string,
): DecoderNetwork {
  const [wanted, held] = [decoderValues(config), [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0)];
  // A network is only made where the file accounts for its memory; smaller faults are named one by one.
  if (wanted > 2 * held + SMALL)
    throw new UserError(
      `The weights in ${source} are ${held} numbers, and its config.json describes ${wanted}.`,
      'Give the weights and the config.json of one model.',
    );
  const separate = separateFused(tensors, config, source);
  const network = new DecoderNetwork({ name, config, seed: undefined });
  try {
    assignWeights(network, separate, { source, convention: checkpointConvention(config, separate) });
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** All parameters with the names and layouts of Hugging Face's causal language models; what was added keeps ours. */
export async function decoderCheckpoint(network: DecoderNetwork): Promise<[string, TensorToWrite][]> {
  const { family } = network.config;
  const tensors = new Map<string, TensorToWrite>();
  const parts = new Map<string, Float32Array[]>();
  for (const parameter of network.parameters.values()) {
    const values = Float32Array.from(await parameter.variable.data());
    const { shape } = parameter.variable;
    const [name, fused] = [
      checkpointName(family, parameter.name),
      /\/(\w+)\./.exec(checkpointName(family, parameter.name)),
    ];
    if (fused === null) {
      const turned = isTransposed(family, parameter);
      tensors.set(
        name,
        turned
          ? { shape: [...shape].reverse(), data: transposed(values, shape[0]!, shape[1]!) }
          : { shape, data: values },
      );
      continue;
    }
    const whole = name.replace(`/${fused[1]}`, '');
    const found = [...(parts.get(whole) ?? []), values];
    parts.set(whole, found);
    if (found.length === FUSED.length)
      tensors.set(whole, {
        shape: [...shape.slice(0, -1), 3 * shape.at(-1)!],
        data: joinColumns(found, shape.length === 1 ? 1 : shape[0]!),
      });
  }
  return [...tensors];
}
