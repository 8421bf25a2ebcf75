/**
 * The recorded graph: values and the kernel calls that make them.
 *
 * A `Value` is one tensor of the graph. It is *pending* while a recorded node is still to make it, and *materialised*
 * once it holds data. Values never change: a variable that is assigned points to another value afterwards.
 */
import type { Attrs, KernelDefinition } from '../kernels/definition.ts';

/** Dtypes that live in the graph. Strings and complex numbers stay on the host. */
export type DType = 'float32' | 'int32' | 'bool';
export type HostArray = Float32Array | Int32Array | Uint8Array;

/**
 * A physical layout: dimension i of the stored data is logical dimension `permutation[i]`. Null is the logical order.
 * Convolutions work on NCHW data and OIHW kernels; values stay in those layouts until somebody needs the logical one.
 */
export type Permutation = readonly number[] | null;

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** One recorded kernel call. */
export interface GraphNode {
  /** Grows with time, so that sorting by it is a topological order. */
  readonly id: number;
  readonly kernel: KernelDefinition;
  readonly attrs: Attrs;
  /** Kernel name and attributes as text: the node's part of the structural key. */
  readonly signature: string;
  readonly inputs: readonly Value[];
  /** The tfjs names of the inputs, in the same order; indices where tfjs passes an array. */
  readonly names: readonly string[];
  /** True when tfjs passes the inputs as an array instead of by name. */
  readonly listed: boolean;
  readonly outputs: readonly Value[];
}

/** How a captured step draws a random tensor anew at each replay: offset + scale * draw. */
export interface RandomSource {
  readonly distribution: 'uniform' | 'normal' | 'truncatedNormal';
  readonly offset: number;
  readonly scale: number;
  readonly rounding: 'none' | 'round' | 'truncate';
}

let lastNodeId = 0;

/** The id of the newest node. */
export function newestNode(): number {
  return lastNodeId;
}

export class Value implements TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The node that will make it; null once it is materialised, and for leaves. */
  node: GraphNode | null = null;
  /** The data in the order of `permutation`; null while pending and for placeholders of a captured step. */
  data: HostArray | null = null;
  permutation: Permutation = null;
  /** Number of tfjs data ids that stand for it. A pending value without any is computed only when another needs it. */
  holders = 0;
  /** True when the caller holds `data`, which must then never be written to again. */
  exposed = false;
  /** Set on a leaf that stands for a random draw inside a captured step. */
  random: RandomSource | null = null;

  constructor(shape: readonly number[], dtype: DType) {
    this.shape = shape;
    this.dtype = dtype;
  }

  static of(data: HostArray, shape: readonly number[], dtype: DType, permutation: Permutation = null): Value {
    const value = new Value(shape, dtype);
    value.data = data;
    value.permutation = permutation;
    return value;
  }
}

export function recordNode(
  kernel: KernelDefinition,
  inputs: readonly Value[],
  names: readonly string[],
  listed: boolean,
  attrs: Attrs,
  signature: string,
  specs: readonly TensorSpec[],
): GraphNode {
  const outputs = specs.map((spec) => new Value(spec.shape, spec.dtype));
  const node: GraphNode = { id: ++lastNodeId, kernel, inputs, names, listed, attrs, signature, outputs };
  for (const output of outputs) output.node = node;
  return node;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

export function allocate(dtype: DType, size: number): HostArray {
  return dtype === 'float32' ? new Float32Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
