/**
 * Tiny decoders made of seeded numbers, in the layouts of files: llama2.c's and Hugging Face's. They are written here from the
 * formats' descriptions alone, so that tests of reading and writing check against something else.
 */
import { Random, writeSafetensors } from '@attune/core';

export interface RawLlama {
  readonly size: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly tied: boolean;
  /** By llama2.c's names, a matrix a layer, each [outputs, inputs] row after row. */
  readonly values: Readonly<Record<LlamaName, readonly Float32Array[]>>;
}

const LLAMA_NAMES = [
  'embedding',
  'rmsAttention',
  'wq',
  'wk',
  'wv',
  'wo',
  'rmsInner',
  'w1',
  'w2',
  'w3',
  'rmsLast',
  'classifier',
] as const;
type LlamaName = (typeof LLAMA_NAMES)[number];

const SIZES = { size: 16, inner: 24, layers: 2, heads: 4, keyHeads: 2, vocabulary: 40, context: 12 } as const;

export function tinyLlama(seed: number, more: Partial<Omit<RawLlama, 'values'>> = {}): RawLlama {
  const sizes = { ...SIZES, tied: true, ...more };
  const { size, inner, layers, heads, keyHeads, vocabulary, tied } = sizes;
  const keys = (size / heads) * keyHeads;
  const counts: Record<LlamaName, readonly [matrices: number, values: number]> = {
    embedding: [1, vocabulary * size],
    rmsAttention: [layers, size],
    wq: [layers, size * size],
    wk: [layers, keys * size],
    wv: [layers, keys * size],
    wo: [layers, size * size],
    rmsInner: [layers, size],
    w1: [layers, inner * size],
    w2: [layers, size * inner],
    w3: [layers, inner * size],
    rmsLast: [1, size],
    classifier: [tied ? 0 : 1, vocabulary * size],
  };
  const random = Random.fromSeed(seed);
  const values = Object.fromEntries(
    LLAMA_NAMES.map((name) => {
      const [matrices, length] = counts[name];
      const draws = random.fork(name);
      const draw = () => (name.startsWith('rms') ? draws.uniform(0.5, 1.5) : draws.normal(0, 1 / Math.sqrt(size)));
      return [name, Array.from({ length: matrices }, () => Float32Array.from({ length }, draw))];
    }),
  ) as Record<LlamaName, Float32Array[]>;
  return { ...sizes, values };
}

/** The whole file of llama2.c, version 0. */
export function llama2cBytes(raw: RawLlama): Uint8Array<ArrayBuffer> {
  const { size, inner, layers, heads, keyHeads, vocabulary, context, tied, values } = raw;
  const half = size / heads / 2;
  const angles = (turn: (angle: number) => number) =>
    Float32Array.from({ length: context * half }, (_, i) => turn(Math.floor(i / half) * 10000 ** (-(i % half) / half)));
  const floats = [
    ...LLAMA_NAMES.slice(0, -1).flatMap((name) => values[name]),
    angles(Math.cos),
    angles(Math.sin),
    ...values.classifier,
  ];
  const header = Int32Array.of(size, inner, layers, heads, keyHeads, tied ? vocabulary : -vocabulary, context);
  return new Uint8Array(Buffer.concat([header, ...floats].map(({ buffer }) => Buffer.from(buffer as ArrayBuffer))));
}

/** `config.json` and `model.safetensors` of Hugging Face's LlamaForCausalLM. */
export function llamaCheckpoint(raw: RawLlama): { config: Record<string, unknown>; weights: Uint8Array } {
  const { size, inner, layers, heads, keyHeads, vocabulary, context, tied, values } = raw;
  const width = size / heads;
  /** There the first values of all pairs of a head stand before the second ones. */
  const apart = (matrix: Float32Array) => {
    const result = new Float32Array(matrix.length);
    for (let row = 0; row < matrix.length / size; row++) {
      const [head, pair, second] = [Math.floor(row / width), Math.floor((row % width) / 2), row % 2];
      result.set(matrix.subarray(row * size, (row + 1) * size), (head * width + second * (width / 2) + pair) * size);
    }
    return result;
  };
  const matrix = (data: Float32Array, inputs: number) => ({ shape: [data.length / inputs, inputs], data });
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  const layer = (i: number) => {
    const name = `model.layers.${i}`;
    return [
      [`${name}.input_layernorm.weight`, vector(values.rmsAttention[i]!)],
      [`${name}.self_attn.q_proj.weight`, matrix(apart(values.wq[i]!), size)],
      [`${name}.self_attn.k_proj.weight`, matrix(apart(values.wk[i]!), size)],
      [`${name}.self_attn.v_proj.weight`, matrix(values.wv[i]!, size)],
      [`${name}.self_attn.o_proj.weight`, matrix(values.wo[i]!, size)],
      [`${name}.post_attention_layernorm.weight`, vector(values.rmsInner[i]!)],
      [`${name}.mlp.gate_proj.weight`, matrix(values.w1[i]!, size)],
      [`${name}.mlp.down_proj.weight`, matrix(values.w2[i]!, inner)],
      [`${name}.mlp.up_proj.weight`, matrix(values.w3[i]!, size)],
    ] as const;
  };
  const tensors = [
    ['model.embed_tokens.weight', matrix(values.embedding[0]!, size)] as const,
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
    ['model.norm.weight', vector(values.rmsLast[0]!)] as const,
    ...(tied ? [] : [['lm_head.weight', matrix(values.classifier[0]!, size)] as const]),
  ];
  const config = {
    model_type: 'llama',
    hidden_act: 'silu',
    vocab_size: vocabulary,
    hidden_size: size,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyHeads,
    max_position_embeddings: context,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: tied,
  };
  return { config, weights: writeSafetensors(tensors) };
}

export interface RawGpt2 {
  readonly size: number;
  readonly heads: number;
  readonly layers: number;
  /** By Hugging Face's names, without `transformer.`; matrices are [inputs, outputs]. */
  readonly tensors: ReadonlyMap<string, { readonly shape: number[]; readonly data: Float32Array }>;
  readonly config: Record<string, unknown>;
}

export function tinyGpt2(seed: number): RawGpt2 {
  const { size, heads, layers, vocabulary, context } = SIZES;
  const random = Random.fromSeed(seed);
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  const add = (name: string, ...shape: number[]) => {
    const draws = random.fork(name);
    const length = shape.reduce((product, side) => product * side, 1);
    const draw = () => (/ln_.*weight/.test(name) ? draws.uniform(0.5, 1.5) : draws.normal(0, 0.25));
    tensors.set(name, { shape, data: Float32Array.from({ length }, draw) });
  };
  const both = (name: string, inputs: number, outputs: number) => {
    add(`${name}.weight`, inputs, outputs);
    add(`${name}.bias`, outputs);
  };
  const norm = (name: string) => {
    add(`${name}.weight`, size);
    add(`${name}.bias`, size);
  };
  add('wte.weight', vocabulary, size);
  add('wpe.weight', context, size);
  for (let i = 0; i < layers; i++) {
    norm(`h.${i}.ln_1`);
    both(`h.${i}.attn.c_attn`, size, 3 * size);
    both(`h.${i}.attn.c_proj`, size, size);
    norm(`h.${i}.ln_2`);
    both(`h.${i}.mlp.c_fc`, size, 4 * size);
    both(`h.${i}.mlp.c_proj`, 4 * size, size);
  }
  norm('ln_f');
  const config = {
    model_type: 'gpt2',
    vocab_size: vocabulary,
    n_embd: size,
    n_layer: layers,
    n_head: heads,
    n_positions: context,
    n_inner: null,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
  };
  return { size, heads, layers, tensors, config };
}

/** llama2.c's tokenizer file: letters, and what frequent words are made of, best first. */
export function tokenizerBytes(): Uint8Array<ArrayBuffer> {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const pieces = [...PIECES, ...' abcdefghijklmnopqrstuvwxyz.,é'];
  const scored = [
    ...['<unk>', '\n<s>\n', '\n</s>\n', ...bytes].map((text) => [text, 0] as const),
    ...pieces.map((text, i) => [text, -i] as const),
  ];
  const parts = scored.map(([text, score]) => {
    const content = Buffer.from(text, 'utf8');
    const head = Buffer.alloc(8);
    head.writeFloatLE(score, 0);
    head.writeInt32LE(content.length, 4);
    return Buffer.concat([head, content]);
  });
  const longest = Buffer.alloc(4);
  longest.writeInt32LE(9, 0);
  return new Uint8Array(Buffer.concat([longest, ...parts]));
}

const PIECES = [
  ' t',
  'he',
  ' the',
  ' a',
  'nd',
  ' and',
  'an',
  'og',
  ' d',
  ' dog',
  'at',
  ' c',
  ' cat',
  'ran',
  ' ran',
  'aa',
  'aaa',
];
export const TOKENIZER_SIZE = 3 + 256 + PIECES.length + 30;
