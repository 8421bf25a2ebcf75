/** The gradient of a convolution with respect to its kernel. */
import type { Lowering } from '../onnx/lowering.ts';
import { CONTRIB } from '../onnx/lowering.ts';

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

/** dW [O, I, H, W] of x [N, I, H, W] and dy [N, O, H', W']. */
export function filterGradient(graph: Lowering, x: string, dy: string, g: ConvolutionGeometry): string {
  const [kernelHeight, kernelWidth] = g.kernel;
  const positions = g.outSize[0] * g.outSize[1];
  const taps = kernelHeight * kernelWidth;
  const columns = graph.reshape(patches(graph, x, g), [g.batch, taps * g.inChannels, positions]);
  const gradient = graph.reshape(dy, [g.batch, g.outChannels, positions]);
  const products = graph.op('FusedMatMul', [gradient, columns], { transA: 0, transB: 1 }, { domain: CONTRIB });
  const sum = graph.op('ReduceSum', [products, graph.int64([0])], { keepdims: 0 });
  if (taps === 1) return graph.reshape(sum, [g.outChannels, g.inChannels, 1, 1]);
  const byTap = graph.reshape(sum, [g.outChannels, kernelHeight, kernelWidth, g.inChannels]);
  return graph.op('Transpose', [byTap], { perm: [0, 3, 1, 2] });
}

/** The inputs under each kernel tap: [N, taps * I, H', W'], taps outermost. */
function patches(graph: Lowering, x: string, g: ConvolutionGeometry): string {
  const [[top, bottom], [left, right]] = g.padding;
  const padded =
    top + bottom + left + right === 0 ? x : graph.op('Pad', [x, graph.int64([0, 0, top, left, 0, 0, bottom, right])]);
  const slices: string[] = [];
  for (let row = 0; row < g.kernel[0]; row++) {
    for (let column = 0; column < g.kernel[1]; column++) {
      const starts = [row * g.dilations[0], column * g.dilations[1]];
      const ends = starts.map((start, axis) => start + (g.outSize[axis]! - 1) * g.strides[axis]! + 1);
      slices.push(
        graph.op('Slice', [
          padded,
          graph.int64(starts),
          graph.int64(ends),
          graph.int64([2, 3]),
          graph.int64([...g.strides]),
        ]),
      );
    }
  }
  return slices.length === 1 ? slices[0]! : graph.op('Concat', slices, { axis: 1 });
}
