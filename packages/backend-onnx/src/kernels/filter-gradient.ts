/**
 * The gradient of a convolution with respect to its kernel, the most expensive part of training a CNN: ONNX has no
 * operator for it. Each form below is a matrix product over shifted copies of the input or of the output's gradient;
 * they differ in what is copied. docs/decisions/0005 has the measurements behind the choice.
 */
import { CONTRIB, type Lowering } from '../onnx/lowering.ts';
import { batchInside, type ConvolutionGeometry, patchRows } from './patches.ts';

/** dW [O, I, H, W] of x [N, I, H, W] and dy [N, O, H', W']. */
export function filterGradient(graph: Lowering, x: string, dy: string, g: ConvolutionGeometry): string {
  const positions = g.outSize[0] * g.outSize[1];
  const taps = g.kernel[0] * g.kernel[1];
  const unitStride = g.strides[0] === 1 && g.strides[1] === 1;
  // A product for each image makes a kernel-sized result for each image: fine while that is small beside the image.
  const imageByImage = g.outChannels * taps <= 4 * positions;
  if (taps === 1 && unitStride && imageByImage && !padded(g)) return pointwise(graph, x, dy, g);
  if (unitStride && imageByImage) return shiftedProducts(graph, x, dy, g);
  return patchProduct(graph, x, dy, g);
}

const padded = (g: ConvolutionGeometry) => g.padding.flat().some((p) => p !== 0);

/** Kernels of 1 x 1: one product of channels for each image. */
function pointwise(graph: Lowering, x: string, dy: string, g: ConvolutionGeometry): string {
  const positions = g.outSize[0] * g.outSize[1];
  const left = graph.reshape(dy, [g.batch, g.outChannels, positions]);
  const right = graph.reshape(x, [g.batch, g.inChannels, positions]);
  return graph.reshape(sumOverBatch(graph, left, right), [g.outChannels, g.inChannels, 1, 1]);
}

/**
 * Stride 1. A tap (r, c) pairs dy[h, w] with x[h + r, w + c]. Instead of one copy of x for each tap, dy is shifted by r
 * (rows, contiguous in memory) and x by c: kernelHeight + kernelWidth copies give all taps. The row shifts are stacked
 * over channels, and one batched product for each column shift yields a whole column of taps.
 */
function shiftedProducts(graph: Lowering, x: string, dy: string, g: ConvolutionGeometry): string {
  const [height, width] = [g.inSize[0], g.outSize[1]];
  const area = height * width;
  const rows = shifts(graph, dy, 2, g.kernel[0], (r) => {
    const before = r * g.dilations[0] - g.padding[0][0];
    return [before, height - g.outSize[0] - before];
  });
  const columns = shifts(graph, x, 3, g.kernel[1], (c) => {
    const before = g.padding[1][0] - c * g.dilations[1];
    return [before, width - g.inSize[1] - before];
  });
  const stacked = rows.length === 1 ? rows[0]! : graph.op('Concat', rows, { axis: 1 });
  const left = graph.reshape(stacked, [g.batch, g.kernel[0] * g.outChannels, area]);
  const byColumn = columns.map((column) =>
    graph.reshape(sumOverBatch(graph, left, graph.reshape(column, [g.batch, g.inChannels, area])), [
      g.kernel[0],
      g.outChannels,
      g.inChannels,
      1,
    ]),
  );
  const joined = byColumn.length === 1 ? byColumn[0]! : graph.op('Concat', byColumn, { axis: 3 });
  return graph.op('Transpose', [joined], { perm: [1, 2, 0, 3] });
}

/** Copies of a tensor shifted along one axis by `[before, after]` zeros; negative numbers cut. */
function shifts(
  graph: Lowering,
  x: string,
  axis: 2 | 3,
  count: number,
  pads: (i: number) => [number, number],
): string[] {
  return Array.from({ length: count }, (_, i) => {
    const [before, after] = pads(i);
    if (before === 0 && after === 0) return x;
    const widths = [0, 0, 0, 0, 0, 0, 0, 0];
    [widths[axis], widths[axis + 4]] = [before, after];
    return graph.op('Pad', [x, graph.int64(widths)]);
  });
}

/** Sum over images of left [N, A, P] times right [N, B, P] transposed: [A, B]. */
function sumOverBatch(graph: Lowering, left: string, right: string): string {
  const products = graph.op('FusedMatMul', [left, right], { transA: 0, transB: 1 }, { domain: CONTRIB });
  return graph.op('ReduceSum', [products, graph.int64([0])], { keepdims: 0 });
}

/** Any stride, and small images: the batch goes inside, and one product over all positions of all images is left. */
function patchProduct(graph: Lowering, x: string, dy: string, g: ConvolutionGeometry): string {
  const positions = g.batch * g.outSize[0] * g.outSize[1];
  const gradient = graph.reshape(batchInside(graph, dy), [g.outChannels, positions]);
  const product = graph.op('Gemm', [gradient, patchRows(graph, x, g)], { transB: 1 });
  return graph.reshape(product, [g.outChannels, g.inChannels, ...g.kernel]);
}
