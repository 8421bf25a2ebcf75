/**
 * llama2.c's model files, version 0: seven int32 (size, inner size, layers, heads, heads of keys, tokens, context; a negative
 * number of tokens says that the head has a matrix of its own), then float32 numbers, kind after kind and layer after layer,
 * matrices as [outputs, inputs], and two tables of rotary angles that follow from the sizes. All little-endian.
 * Format: https://github.com/karpathy/llama2.c (export.py, `legacy_export`). A file is treated as hostile: its length must be
 * what its header says before anything is read.
 */
import { assignNetworkValues, UserError } from '@attune/core';
import { checkDecoderConfig, type DecoderConfig, NO_DROPOUT } from './config.ts';
import { DecoderNetwork } from './decoder-network.ts';
import { transposed } from './layouts.ts';

const HEADER_BYTES = 28;
/** Files do not say these: they are what llama2.c computes with. */
const EPSILON = 1e-5;
const ROTARY_BASE = 10_000;

/**
 * A stretch of the file: a parameter, `same` as ours, `transposed`, or that and with the two values of each rotary pair side by
 * side (`paired`); or a table of angles.
 */
type Stretch = { readonly shape: readonly number[] } & (
  | { readonly what: 'same' | 'transposed' | 'paired'; readonly parameter: string }
  | { readonly what: 'cosines' | 'sines' }
);

function stretchesOf(config: DecoderConfig): Stretch[] {
  const { hiddenSize: size, innerSize, layers, heads, keyHeads, vocabularySize, context, tied } = config;
  const width = size / heads;
  const ofLayers = (part: string, what: 'same' | 'transposed' | 'paired', ...shape: number[]) =>
    Array.from({ length: layers }, (_, i): Stretch => ({ what, parameter: `layer.${i}.${part}.weight`, shape }));
  return [
    { what: 'same', parameter: 'embeddings.token.weight', shape: [vocabularySize, size] },
    ...ofLayers('attention.norm', 'same', size),
    ...ofLayers('attention.query', 'paired', size, size),
    ...ofLayers('attention.key', 'paired', keyHeads * width, size),
    ...ofLayers('attention.value', 'transposed', keyHeads * width, size),
    ...ofLayers('attention.output', 'transposed', size, size),
    ...ofLayers('inner.norm', 'same', size),
    ...ofLayers('inner.gate', 'transposed', innerSize, size),
    ...ofLayers('inner.down', 'transposed', size, innerSize),
    ...ofLayers('inner.up', 'transposed', innerSize, size),
    { what: 'same', parameter: 'head.norm.weight', shape: [size] },
    { what: 'cosines', shape: [context, width / 2] },
    { what: 'sines', shape: [context, width / 2] },
    ...(tied ? [] : [{ what: 'transposed', parameter: 'head.weight', shape: [vocabularySize, size] } as const]),
  ];
}

/**
 * @param bytes The whole file.
 * @param name What the network, and the file in messages, is called.
 * @throws UserError when the header is out of range or the length is not what it says.
 */
export function readLlama2c(bytes: Uint8Array, name: string): DecoderNetwork {
  const hint = 'It is damaged, or not a llama2.c model of version 0; get it anew, unpacked.';
  if (bytes.byteLength < HEADER_BYTES)
    throw new UserError(`${name}: ${bytes.byteLength} bytes are too few for a header.`, hint);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [hiddenSize, innerSize, layers, heads, keyHeads, tokens, context] = Array.from({ length: 7 }, (_, i) =>
    view.getInt32(4 * i, true),
  ) as [number, number, number, number, number, number, number];
  const sizes = { hiddenSize, innerSize, layers, heads, keyHeads, vocabularySize: Math.abs(tokens), context };
  const config = checkDecoderConfig(
    { family: 'llama', ...sizes, tied: tokens > 0, epsilon: EPSILON, rotaryBase: ROTARY_BASE, dropout: NO_DROPOUT },
    name,
  );
  const stretches = stretchesOf(config);
  const expected = HEADER_BYTES + 4 * stretches.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (bytes.byteLength !== expected)
    throw new UserError(`${name}: its header asks for ${expected} bytes, and it has ${bytes.byteLength}.`, hint);

  const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  let offset = HEADER_BYTES;
  for (const stretch of stretches) {
    const { shape } = stretch;
    if ('parameter' in stretch) {
      const stored = Float32Array.from({ length: sizeOf(shape) }, (_, i) => view.getFloat32(offset + 4 * i, true));
      const wrong = stored.findIndex((value) => !Number.isFinite(value));
      if (wrong >= 0)
        throw new UserError(`${name}: number ${wrong} of ${stretch.parameter} is ${stored[wrong]}.`, hint);
      const { what } = stretch;
      const [rows, columns] = shape as [number, number];
      const data = what === 'paired' ? pairsApart(stored, rows, columns, hiddenSize / heads) : stored;
      values.set(
        stretch.parameter,
        what === 'same' ? { shape, data } : { shape: [columns, rows], data: transposed(data, rows, columns) },
      );
    }
    offset += 4 * sizeOf(shape);
  }
  const network = new DecoderNetwork({ name, config, seed: undefined });
  assignNetworkValues(network, values);
  return network;
}

/** The file of a network of Llama's family. @throws UserError for another, or one that computes what the file cannot say. */
export async function writeLlama2c(network: DecoderNetwork): Promise<Uint8Array> {
  const { family, epsilon, rotaryBase } = network.config;
  const fault =
    (family !== 'llama' && `is of the family ${family}`) ||
    (epsilon !== EPSILON && `has an epsilon of ${epsilon}, not ${EPSILON}`) ||
    (rotaryBase !== ROTARY_BASE && `has rotary positions of base ${rotaryBase}, not ${ROTARY_BASE}`) ||
    (network.layerGroups.some((group) => group.added) && 'has parameters that were added to it');
  if (fault)
    throw new UserError(`${network.name} ${fault}: a llama2.c file cannot hold it.`, 'Save it as safetensors.');
  const config = { ...network.config, tied: network.tied };
  const stretches = stretchesOf(config);
  const bytes = new Uint8Array(HEADER_BYTES + 4 * stretches.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  const view = new DataView(bytes.buffer);
  const { hiddenSize, innerSize, layers, heads, keyHeads, vocabularySize, context, tied } = config;
  const header = [hiddenSize, innerSize, layers, heads, keyHeads, tied ? vocabularySize : -vocabularySize, context];
  for (const [i, field] of header.entries()) view.setInt32(4 * i, field, true);
  let offset = HEADER_BYTES;
  const put = (values: ArrayLike<number>) => {
    for (let i = 0; i < values.length; i++, offset += 4) view.setFloat32(offset, values[i]!, true);
  };
  for (const stretch of stretches) {
    if (!('parameter' in stretch)) {
      put(angles(config, stretch.what === 'cosines' ? Math.cos : Math.sin));
      continue;
    }
    const values = (await network.parameters.get(stretch.parameter)!.variable.data()) as Float32Array;
    const [rows, columns] = stretch.shape as [number, number];
    const stored = stretch.what === 'same' ? values : transposed(values, columns, rows);
    put(stretch.what === 'paired' ? pairsTogether(stored, rows, columns, hiddenSize / heads) : stored);
  }
  return bytes;
}

/** Rows 2i and 2i + 1 of each head of `width` rows become rows i and i + width/2. */
function pairsApart(values: Float32Array, rows: number, columns: number, width: number): Float32Array {
  return rowsFrom(values, rows, columns, (row) => {
    const [head, place] = [Math.floor(row / width), row % width];
    return head * width + 2 * (place % (width / 2)) + Math.floor(place / (width / 2));
  });
}

/** The reverse of `pairsApart`. */
function pairsTogether(values: Float32Array, rows: number, columns: number, width: number): Float32Array {
  return rowsFrom(values, rows, columns, (row) => {
    const [head, place] = [Math.floor(row / width), row % width];
    return head * width + Math.floor(place / 2) + (place % 2) * (width / 2);
  });
}

/** The matrix whose rows are those rows of another. */
function rowsFrom(values: Float32Array, rows: number, columns: number, from: (row: number) => number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    result.set(values.subarray(from(row) * columns, (from(row) + 1) * columns), row * columns);
  return result;
}

function angles({ hiddenSize, heads, context }: DecoderConfig, turn: (angle: number) => number): Float64Array {
  const half = hiddenSize / heads / 2;
  return Float64Array.from({ length: context * half }, (_, i) =>
    turn(Math.floor(i / half) * ROTARY_BASE ** (-(i % half) / half)),
  );
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
