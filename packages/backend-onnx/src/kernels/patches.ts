/** Convolution as a matrix product: the inputs under each kernel tap as rows of a matrix, and back. */
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

/**
 * The gradient with respect to x, for stride 1: the gradient of every patch is one product over the whole batch, and
 * each tap's share is moved back to where it was read and added up.
 */
export function patchInputGradient(graph: Lowering, dy: string, kernel: string, g: ConvolutionGeometry): string {
  const taps = g.kernel[0] * g.kernel[1];
  const positions = g.batch * g.outSize[0] * g.outSize[1];
  const gradient = graph.reshape(batchInside(graph, dy), [g.outChannels, positions]);
  const matrix = graph.reshape(kernel, [g.outChannels, g.inChannels * taps]);
  const rows = graph.reshape(graph.op('Gemm', [matrix, gradient], { transA: 1 }), [g.inChannels, taps, positions]);
  const parts = graph.ops(
    'Split',
    [rows, graph.int64(new Array<number>(taps).fill(1))],
    { axis: 1 },
    { outputs: taps },
  );
  const moved = parts.map((part, tap) => {
    const image = graph.reshape(part, [g.inChannels, g.batch, ...g.outSize]);
    const offset = [Math.floor(tap / g.kernel[1]), tap % g.kernel[1]].map(
      (at, axis) => at * g.dilations[axis]! - g.padding[axis]![0],
    );
    const after = offset.map((before, axis) => g.inSize[axis]! - g.outSize[axis]! - before);
    if ([...offset, ...after].every((p) => p === 0)) return image;
    return graph.op('Pad', [image, graph.int64([0, 0, offset[0]!, offset[1]!, 0, 0, after[0]!, after[1]!])]);
  });
  const sum = moved.reduce((total, part) => graph.op('Add', [total, part]));
  return graph.op('Transpose', [sum], { perm: [1, 0, 2, 3] });
}
