/** Arithmetic of physical layouts. See `Permutation` in value.ts. */
import type { HostArray, Permutation } from './value.ts';

/** Activations: logical NHWC stored as NCHW. */
export const NCHW: Permutation = [0, 3, 1, 2];
/** Convolution kernels: logical HWIO stored as OIHW. */
export const OIHW: Permutation = [3, 2, 0, 1];

/** A text that two equal permutations share; the logical order is the empty text. */
export function layoutKey(permutation: Permutation): string {
  return permutation === null ? '' : permutation.join(',');
}

/** Null for the permutation that moves nothing, so that each layout has one form. */
export function normalise(permutation: readonly number[]): Permutation {
  return permutation.every((axis, i) => axis === i) ? null : permutation;
}

export function permute<T>(items: readonly T[], permutation: Permutation): T[] {
  return permutation === null ? [...items] : permutation.map((axis) => items[axis]!);
}

export function invert(permutation: readonly number[]): number[] {
  const inverse = new Array<number>(permutation.length);
  for (const [i, axis] of permutation.entries()) inverse[axis] = i;
  return inverse;
}

/** The transposition that takes data stored as `from` to data stored as `to`; null when they are the same. */
export function between(from: Permutation, to: Permutation, rank: number): Permutation {
  const identity = Array.from({ length: rank }, (_, i) => i);
  const position = invert(from ?? identity);
  return normalise((to ?? identity).map((axis) => position[axis]!));
}

/** Copies host data of the given physical shape into the transposed order. */
export function transposeHost<A extends HostArray>(
  data: A,
  shape: readonly number[],
  permutation: readonly number[],
): A {
  const rank = shape.length;
  const result = new (data.constructor as new (size: number) => A)(data.length);
  const strides = new Array<number>(rank);
  for (let i = rank - 1, stride = 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  const outShape = permutation.map((axis) => shape[axis]!);
  const outStrides = permutation.map((axis) => strides[axis]!);
  const index = new Array<number>(rank).fill(0);
  const innerSize = rank > 0 ? outShape[rank - 1]! : 1;
  const innerStride = rank > 0 ? outStrides[rank - 1]! : 0;
  let source = 0;
  for (let target = 0; target < data.length; target += innerSize) {
    for (let i = 0, from = source; i < innerSize; i++, from += innerStride) result[target + i] = data[from]!;
    for (let axis = rank - 2; axis >= 0; axis--) {
      source += outStrides[axis]!;
      if (++index[axis]! < outShape[axis]!) break;
      source -= outStrides[axis]! * outShape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
