/**
 * Convolution as a matrix product: the inputs under each kernel tap as rows of a matrix, and back.
 *
 * On small images the rows are gathered by products with constant matrices of zeros and ones, one for each tap: an image of
 * at most 64 positions is a short vector, and one batched product replaces a pad, a slice for each tap and their
 * concatenation. The transposed matrices put gradients back where the inputs were read, for any stride.
 */
import type { Lowering } from '../onnx/lowering.ts';

/** Sizes of a two-dimensional convolution; pairs are [height, width]. */
export interface ConvolutionGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inSize: readonly [number, number];
  readonly outSize: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Zeros before and after, for height and width. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
}

/** [N, C, H, W] to [C, N, H, W]. */
export function batchInside(graph: Lowering, x: string): string {
  return graph.shared(`inside:${x}`, () => graph.op('Transpose', [x], { perm: [1, 0, 2, 3] }));
}

/**
 * The inputs under each tap: a matrix [I * taps, N * H' * W'], taps innermost, as the kernel [O, I * taps] lies in memory.
 * A convolution and the gradient of its kernel share it.
 */
export function patchRows(graph: Lowering, x: string, g: ConvolutionGeometry): string {
  const key = `patches:${x}:${g.kernel}:${g.strides}:${g.dilations}:${g.padding}`;
  return graph.shared(key, () => {
    if (selectable(g)) return selectedRows(graph, x, g);
    const [[top, bottom], [left, right]] = g.padding;
    const positions = g.batch * g.outSize[0] * g.outSize[1];
    const taps = g.kernel[0] * g.kernel[1];
    let source = batchInside(graph, x);
    if (top + bottom + left + right > 0)
      source = graph.op('Pad', [source, graph.int64([0, 0, top, left, 0, 0, bottom, right])]);
    const rows: string[] = [];
    for (let row = 0; row < g.kernel[0]; row++) {
      for (let column = 0; column < g.kernel[1]; column++) {
        const starts = [row * g.dilations[0], column * g.dilations[1]];
        const ends = starts.map((start, axis) => start + (g.outSize[axis]! - 1) * g.strides[axis]! + 1);
        const inputs = [
          source,
          graph.int64(starts),
          graph.int64(ends),
          graph.int64([2, 3]),
          graph.int64([...g.strides]),
        ];
        rows.push(graph.reshape(graph.op('Slice', inputs), [g.inChannels, 1, positions]));
      }
    }
    const joined = rows.length === 1 ? rows[0]! : graph.op('Concat', rows, { axis: 1 });
    return graph.reshape(joined, [g.inChannels * taps, positions]);
  });
}

/** The convolution of x by the kernel [O, I, H, W] as one product over the whole batch: [N, O, H', W']. */
export function patchConvolution(graph: Lowering, x: string, kernel: string, g: ConvolutionGeometry): string {
  const matrix = graph.reshape(kernel, [g.outChannels, g.inChannels * g.kernel[0] * g.kernel[1]]);
  const product = graph.op('MatMul', [matrix, patchRows(graph, x, g)]);
  return graph.op('Transpose', [graph.reshape(product, [g.outChannels, g.batch, ...g.outSize])], {
    perm: [1, 0, 2, 3],
  });
}

/** Whether `patchInputGradient` has a form for the shape. */
export function canPatchInputGradient(g: ConvolutionGeometry): boolean {
  return selectable(g) || g.strides.every((stride) => stride === 1);
}

/**
 * The gradient with respect to x: the gradient of every patch is one product over the whole batch, and each tap's share is
 * moved back to where it was read and added up.
 */
export function patchInputGradient(graph: Lowering, dy: string, kernel: string, g: ConvolutionGeometry): string {
  const taps = g.kernel[0] * g.kernel[1];
  const positions = g.batch * g.outSize[0] * g.outSize[1];
  const gradient = graph.reshape(batchInside(graph, dy), [g.outChannels, positions]);
  const matrix = graph.reshape(kernel, [g.outChannels, g.inChannels * taps]);
  const rows = graph.op('Gemm', [matrix, gradient], { transA: 1 });
  const sum = selectable(g) ? returnedRows(graph, rows, g) : shiftedRows(graph, rows, g);
  return graph.op('Transpose', [sum], { perm: [1, 0, 2, 3] });
}

/** Adds up the rows [I * taps, N * H' * W'] of stride 1, each moved by its tap: [I, N, H, W]. */
function shiftedRows(graph: Lowering, rows: string, g: ConvolutionGeometry): string {
  const taps = g.kernel[0] * g.kernel[1];
  const separate = graph.reshape(rows, [g.inChannels, taps, g.batch * g.outSize[0] * g.outSize[1]]);
  const sizes = graph.int64(new Array<number>(taps).fill(1));
  const parts = graph.ops('Split', [separate, sizes], { axis: 1 }, { outputs: taps });
  const moved = parts.map((part, tap) => {
    const image = graph.reshape(part, [g.inChannels, g.batch, ...g.outSize]);
    const offset = [Math.floor(tap / g.kernel[1]), tap % g.kernel[1]].map(
      (at, axis) => at * g.dilations[axis]! - g.padding[axis]![0],
    );
    const after = offset.map((before, axis) => g.inSize[axis]! - g.outSize[axis]! - before);
    if ([...offset, ...after].every((p) => p === 0)) return image;
    return graph.op('Pad', [image, graph.int64([0, 0, offset[0]!, offset[1]!, 0, 0, after[0]!, after[1]!])]);
  });
  return moved.reduce((total, part) => graph.op('Add', [total, part]));
}

/** Images that are short enough for constant matrices to gather them. */
function selectable(g: ConvolutionGeometry): boolean {
  return g.inSize[0] * g.inSize[1] <= 64 && g.kernel[0] * g.kernel[1] > 1;
}

function selectedRows(graph: Lowering, x: string, g: ConvolutionGeometry): string {
  const [from, to] = [g.inSize[0] * g.inSize[1], g.outSize[0] * g.outSize[1]];
  const taps = g.kernel[0] * g.kernel[1];
  const images = graph.reshape(batchInside(graph, x), [g.inChannels, 1, g.batch, from]);
  const rows = graph.op('MatMul', [images, selection(graph, g, false)]);
  return graph.reshape(rows, [g.inChannels * taps, g.batch * to]);
}

/** Rows [I * taps, N * H' * W'] back to [I, N, H, W], for any stride. */
function returnedRows(graph: Lowering, rows: string, g: ConvolutionGeometry): string {
  const taps = g.kernel[0] * g.kernel[1];
  const separate = graph.reshape(rows, [g.inChannels, taps, g.batch, g.outSize[0] * g.outSize[1]]);
  const placed = graph.op('MatMul', [separate, selection(graph, g, true)]);
  const sum = graph.op('ReduceSum', [placed, graph.int64([1])], { keepdims: 0 });
  return graph.reshape(sum, [g.inChannels, g.batch, ...g.inSize]);
}

/** For each tap the matrix that takes an image [H * W] to what the tap sees [H' * W']; or its transpose. */
function selection(graph: Lowering, g: ConvolutionGeometry, transposed: boolean): string {
  const key = `selection:${g.inSize}:${g.outSize}:${g.kernel}:${g.strides}:${g.dilations}:${g.padding}:${transposed}`;
  return graph.shared(key, () => {
    const [height, width] = g.inSize;
    const [from, to] = [height * width, g.outSize[0] * g.outSize[1]];
    const taps = g.kernel[0] * g.kernel[1];
    const matrices = new Float32Array(taps * from * to);
    for (let tap = 0; tap < taps; tap++) {
      for (let out = 0; out < to; out++) {
        const [row, column] = [
          [Math.floor(out / g.outSize[1]), Math.floor(tap / g.kernel[1])] as const,
          [out % g.outSize[1], tap % g.kernel[1]] as const,
        ].map(([at, k], axis) => at * g.strides[axis]! + k * g.dilations[axis]! - g.padding[axis]![0]) as [
          number,
          number,
        ];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        const at = row * width + column;
        matrices[tap * from * to + (transposed ? out * from + at : at * to + out)] = 1;
      }
    }
    return graph.tensor('float32', matrices, transposed ? [1, taps, to, from] : [1, taps, from, to]);
  });
}
