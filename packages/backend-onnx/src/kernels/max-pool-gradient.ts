/**
 * The gradient of max pooling: each gradient goes to the position that won its window, the first of equal ones in the order
 * of rows. ONNX Runtime's `MaxPool` is ten times slower when it has to give indices, so that winners are found by comparison
 * where the window is not too large (docs/decisions/0005).
 */
import type { Lowering } from '../onnx/lowering.ts';
import type { ConvolutionGeometry } from './patches.ts';
import { poolAttributes, unpadded } from './pooling.ts';

/** Up to this side of a window comparison is faster than indices. */
const LARGEST_COMPARED = 5;

/** dX [N, C, H, W] of dy [N, C, H', W']. */
export function maxPoolGradient(graph: Lowering, dy: string, x: string, g: ConvolutionGeometry): string {
  const tiled = [0, 1].every((a) => g.kernel[a] === g.strides[a] && g.outSize[a]! * g.kernel[a]! === g.inSize[a]);
  if (tiled && unpadded(g)) return tiledMaxPoolGradient(graph, dy, x, g);
  if (Math.max(...g.kernel) <= LARGEST_COMPARED) return separableMaxPoolGradient(graph, dy, x, g);
  return indexedMaxPoolGradient(graph, dy, x, g);
}

/**
 * Windows that tile the image. `MaxPool` is fast and `MaxPool` with indices is ten times slower, so winners are found by
 * comparison with the enlarged maximum. Several positions may be equal to it: each gets a number that falls along the
 * window, and the largest number wins.
 */
function tiledMaxPoolGradient(graph: Lowering, dy: string, x: string, g: ConvolutionGeometry): string {
  const attributes = poolAttributes(g);
  const enlarge = (small: string) =>
    graph.op('Resize', [small, '', graph.tensor('float32', Float32Array.of(1, 1, ...g.kernel), [4])], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  const [height, width] = g.inSize;
  const ranks = Float32Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width) % g.kernel[0], (i % width) % g.kernel[1]];
    return g.kernel[0] * g.kernel[1] - (row * g.kernel[1] + column);
  });
  const largest = graph.op('Equal', [x, enlarge(graph.op('MaxPool', [x], attributes))]);
  const ranked = graph.op('Mul', [
    graph.cast(largest, 'float32'),
    graph.tensor('float32', ranks, [1, 1, height, width]),
  ]);
  const first = graph.op('Equal', [ranked, enlarge(graph.op('MaxPool', [ranked], attributes))]);
  return graph.op('Mul', [graph.cast(first, 'float32'), enlarge(dy)]);
}

/**
 * Windows that overlap or have edges. The maximum over a window is the maximum over its rows of the maximum in each row, and
 * the gradient goes back the same way: first to the winning row, then to the winner in it.
 */
function separableMaxPoolGradient(graph: Lowering, dy: string, x: string, g: ConvolutionGeometry): string {
  const images = g.batch * g.inChannels;
  const [height, width] = g.inSize;
  const [outHeight, outWidth] = g.outSize;
  const along = (axis: 0 | 1, outer: number, inner: number): Axis => ({
    outer,
    inner,
    size: g.inSize[axis],
    out: g.outSize[axis],
    window: g.kernel[axis],
    stride: g.strides[axis],
    before: g.padding[axis][0],
  });
  const columns = along(1, images * height, 1);
  const rows = along(0, images, outWidth);
  const pixels = graph.reshape(x, [images * height, width, 1]);
  const inRow = taps(graph, pixels, columns);
  const rowMaxima = graph.reshape(maximum(graph, inRow), [images, height, outWidth]);
  const overRows = taps(graph, rowMaxima, rows);
  const toRows = shares(graph, overRows, graph.reshape(dy, [images, outHeight, outWidth]));
  const rowGradient = graph.reshape(placeBack(graph, toRows, rows), [images * height, outWidth, 1]);
  const toPixels = shares(graph, inRow, rowGradient);
  return graph.reshape(placeBack(graph, toPixels, columns), [g.batch, g.inChannels, height, width]);
}

/** Pooling along the middle axis of [outer, size, inner]. */
interface Axis {
  readonly outer: number;
  readonly inner: number;
  readonly size: number;
  readonly out: number;
  readonly window: number;
  readonly stride: number;
  /** Positions of padding in front. */
  readonly before: number;
}

/** Where tap t reads: plane `residue` of every stride-th position, `offset` places further on. */
function tapPlace(axis: Axis, tap: number): { residue: number; offset: number } {
  const at = tap - axis.before;
  const residue = ((at % axis.stride) + axis.stride) % axis.stride;
  return { residue, offset: (at - residue) / axis.stride };
}

function planeLength(axis: Axis, residue: number): number {
  return Math.ceil((axis.size - residue) / axis.stride);
}

/** What each tap of the window sees: [outer, out, inner] each; minus infinity outside of the image. */
function taps(graph: Lowering, x: string, axis: Axis): string[] {
  const planes = separate(graph, x, axis);
  return Array.from({ length: axis.window }, (_, tap) => {
    const { residue, offset } = tapPlace(axis, tap);
    const length = planeLength(axis, residue);
    const widths = [-offset, axis.out + offset - length] as const;
    return shifted(graph, planes[residue]!, axis, length, widths, Number.NEGATIVE_INFINITY);
  });
}

/** Every stride-th position, from each start: [outer, length, inner] each. Undoes `interleave`. */
function separate(graph: Lowering, x: string, axis: Axis): readonly string[] {
  const { outer, inner, size, stride } = axis;
  if (stride === 1) return [x];
  if (inner === 1 && size % stride === 0) {
    const length = size / stride;
    const turned = graph.op('Transpose', [graph.reshape(x, [outer * length, stride])], { perm: [1, 0] });
    const sizes = graph.int64(new Array<number>(stride).fill(1));
    const rows = graph.ops('Split', [turned, sizes], { axis: 0 }, { outputs: stride });
    return rows.map((row) => graph.reshape(row, [outer, length, 1]));
  }
  return Array.from({ length: stride }, (_, residue) => {
    const bounds = [graph.int64([residue]), graph.int64([size]), graph.int64([1]), graph.int64([stride])];
    return graph.op('Slice', [x, ...bounds]);
  });
}

function maximum(graph: Lowering, values: readonly string[]): string {
  return values.length === 1 ? values[0]! : graph.op('Max', values);
}

/** The gradient's share of each tap: all of it goes to the first tap that equals the maximum. */
function shares(graph: Lowering, values: readonly string[], gradient: string): string[] {
  const largest = maximum(graph, values);
  let rest = gradient;
  return values.map((value, tap) => {
    if (tap === values.length - 1) return rest;
    const wins = graph.cast(graph.op('Equal', [value, largest]), 'float32');
    const share = graph.op('Mul', [wins, rest]);
    rest = graph.op('Sub', [rest, share]);
    return share;
  });
}

/** Adds the taps' shares [outer, out, inner] where they were read: [outer, size, inner]. */
function placeBack(graph: Lowering, parts: readonly string[], axis: Axis): string {
  const longest = planeLength(axis, 0);
  const planes = Array.from({ length: axis.stride }, (_, residue) => {
    const moved = parts.flatMap((part, tap) => {
      const place = tapPlace(axis, tap);
      const widths = [place.offset, longest - axis.out - place.offset] as const;
      return place.residue === residue ? [shifted(graph, part, axis, axis.out, widths)] : [];
    });
    if (moved.length > 0) return moved.reduce((sum, part) => graph.op('Add', [sum, part]));
    return graph.op('Expand', [graph.scalar(0), graph.int64([axis.outer, longest, axis.inner])]);
  });
  if (axis.stride === 1) return planes[0]!;
  const full = interleave(graph, planes, axis, longest);
  if (longest * axis.stride === axis.size) return full;
  return graph.op('Slice', [full, graph.int64([0]), graph.int64([axis.size]), graph.int64([1])]);
}

/** Planes [outer, length, inner] one after the other at each position: [outer, length * stride, inner]. */
function interleave(graph: Lowering, planes: readonly string[], axis: Axis, length: number): string {
  const shape = [axis.outer, length * axis.stride, axis.inner];
  if (axis.inner > 1) {
    const unit = [axis.outer * length, 1, axis.inner];
    return graph.reshape(
      graph.op(
        'Concat',
        planes.map((plane) => graph.reshape(plane, unit)),
        { axis: 1 },
      ),
      shape,
    );
  }
  // Joining single elements is slow; turning long rows over is not.
  const rows = graph.op(
    'Concat',
    planes.map((plane) => graph.reshape(plane, [1, axis.outer * length])),
    { axis: 0 },
  );
  return graph.reshape(graph.op('Transpose', [rows], { perm: [1, 0] }), shape);
}

/** Pads the middle axis of [outer, length, inner]; negative widths cut. */
function shifted(graph: Lowering, x: string, axis: Axis, length: number, [before, after]: Widths, fill = 0): string {
  if (before === 0 && after === 0) return x;
  const value = graph.scalar(fill);
  if (axis.inner > 1) return graph.op('Pad', [x, graph.int64([0, before, 0, 0, after, 0]), value]);
  // `Pad` copies runs along the last axis: single elements would be runs of one.
  const flat = graph.op('Pad', [graph.reshape(x, [axis.outer, length]), graph.int64([0, before, 0, after]), value]);
  return graph.reshape(flat, [axis.outer, length + before + after, 1]);
}

type Widths = readonly [number, number];

/**
 * Large windows. `MaxPool` gives the winners as flat indices into [N, C, H, W]; windows that overlap may share one, so their
 * gradients are added.
 */
function indexedMaxPoolGradient(graph: Lowering, dy: string, x: string, g: ConvolutionGeometry): string {
  const [, indices] = graph.ops('MaxPool', [x], poolAttributes(g), { outputs: 2 });
  const full = [g.batch, g.inChannels, ...g.inSize];
  const size = full.reduce((a, b) => a * b, 1);
  const zeros = graph.op('Expand', [graph.scalar(0), graph.int64([size])]);
  const overlapping = g.kernel.some((k, i) => k > g.strides[i]!);
  const scattered = graph.op('ScatterElements', [zeros, graph.reshape(indices!, [-1]), graph.reshape(dy, [-1])], {
    axis: 0,
    ...(overlapping ? { reduction: 'add' } : {}),
  });
  return graph.reshape(scattered, full);
}
