/**
 * The gradient of a depthwise convolution with respect to its kernel: dW[c, m, k] = sum over n and p of
 * x[n, c, p * stride + k * dilation] * dy[n, c * m, p].
 *
 * It is all memory traffic, so the form is chosen by what stays in the cache (measured on MobileNet's shapes): few
 * positions, or strides, as a grouped convolution of x by dy; else tap by tap, over a few samples at a time.
 */
import { NCHW } from '../graph/permutation.ts';
import type { Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { geometry, infoOf } from './convolution.ts';
import { define } from './definition.ts';
import type { ConvolutionGeometry } from './patches.ts';

/** Elements of x that are worked on at once: about what a level-2 cache and its neighbours keep. */
const CHUNK = 1 << 20;

define({
  name: 'DepthwiseConv2dNativeBackpropFilter',
  supports: (specs) => specs.every((spec) => spec.dtype === 'float32'),
  limits: 'float32 only',
  outputs: (_inputs, attrs) => [{ shape: attrs.filterShape, dtype: 'float32' }],
  lower(graph, node) {
    const [x, dy] = node.inputs as [Value, Value];
    const g = geometry(infoOf(x.shape, node.attrs.filterShape, node.attrs, true));
    const positions = g.outSize[0] * g.outSize[1];
    const strided = g.strides.some((stride) => stride > 1);
    const form = positions <= (strided ? 784 : 64) ? asConvolution : tapByTap;
    const gradient = form(graph, graph.ref(x, NCHW), graph.ref(dy, NCHW), g);
    const [height, width, channels, multiplier] = node.attrs.filterShape as [number, number, number, number];
    // Physical order C, M, H, W: the one that the forward convolution wants its kernel in.
    graph.define(node.outputs[0]!, graph.reshape(gradient, [channels, multiplier, height, width]), [2, 3, 0, 1]);
  },
});

/** Each channel's samples are the input channels of a group, dy is its kernel; strides and dilations change places. */
function asConvolution(graph: Lowering, x: string, dy: string, g: ConvolutionGeometry): string {
  const byChannel = graph.op('Transpose', [x], { perm: [1, 0, 2, 3] });
  const image = graph.reshape(byChannel, [1, g.inChannels * g.batch, ...g.inSize]);
  const kernel = graph.op('Transpose', [dy], { perm: [1, 0, 2, 3] });
  const [[top, bottom], [left, right]] = g.padding;
  const result = graph.op('Conv', [image, kernel], {
    group: g.inChannels,
    kernel_shape: g.outSize,
    strides: g.dilations,
    dilations: g.strides,
    pads: [top, left, bottom, right],
  });
  const taps = [0, 1].map((axis) => {
    const covered = (g.outSize[axis]! - 1) * g.strides[axis]! + 1;
    const size = g.inSize[axis]! + g.padding[axis]![0] + g.padding[axis]![1];
    return Math.floor((size - covered) / g.dilations[axis]!) + 1;
  });
  if (taps.every((count, axis) => count === g.kernel[axis])) return result;
  return graph.op('Slice', [result, graph.int64([0, 0]), graph.int64([...g.kernel]), graph.int64([2, 3])]);
}

function tapByTap(graph: Lowering, x: string, dy: string, g: ConvolutionGeometry): string {
  const perSample = g.inChannels * g.inSize[0] * g.inSize[1];
  const samples = Math.max(1, Math.min(g.batch, Math.floor(CHUNK / perSample)));
  const sizes: number[] = [];
  for (let rest = g.batch; rest > 0; rest -= samples) sizes.push(Math.min(rest, samples));
  const cut = (name: string) =>
    sizes.length === 1
      ? [name]
      : graph.ops('Split', [name, graph.int64(sizes)], { axis: 0 }, { outputs: sizes.length });
  const gradients = cut(dy);
  const multiplier = g.outChannels / g.inChannels;
  const parts = cut(x).map((chunk, i) => {
    const gradient =
      multiplier === 1
        ? gradients[i]!
        : graph.reshape(gradients[i]!, [sizes[i]!, g.inChannels, multiplier, ...g.outSize]);
    const sums = taps(graph, chunk, g).map((tap) => {
      const aligned = multiplier === 1 ? tap : graph.reshape(tap, [sizes[i]!, g.inChannels, 1, ...g.outSize]);
      const axes = multiplier === 1 ? [2, 3] : [3, 4];
      const sum = graph.op('ReduceSum', [graph.op('Mul', [aligned, gradient]), graph.int64(axes)], { keepdims: 0 });
      return graph.reshape(sum, [sizes[i]!, g.outChannels, 1]);
    });
    return sums.length === 1 ? sums[0]! : graph.op('Concat', sums, { axis: 2 });
  });
  const all = parts.length === 1 ? parts[0]! : graph.op('Concat', parts, { axis: 0 });
  return graph.op('ReduceSum', [all, graph.int64([0])], { keepdims: 0 });
}

/**
 * What each tap of the kernel sees of x, row by row. Strided taps are cut out of the phases of x, so that only those
 * are gathered element by element; columns are cut before rows, so that rows are copied whole.
 */
function taps(graph: Lowering, x: string, g: ConvolutionGeometry): string[] {
  const [[top, bottom], [left, right]] = g.padding;
  const unpadded = top + bottom + left + right === 0;
  const padded = unpadded ? x : graph.op('Pad', [x, graph.int64([0, 0, top, left, 0, 0, bottom, right])]);
  const size = [g.inSize[0] + top + bottom, g.inSize[1] + left + right];
  const known = new Map<string, string>();
  const once = (key: string, make: () => string) => {
    const name = known.get(key) ?? make();
    known.set(key, name);
    return name;
  };
  const slice = (name: string, starts: number[], ends: number[], axes: number[], steps: number[]) =>
    graph.op('Slice', [name, ...[starts, ends, axes, steps].map((values) => graph.int64(values))]);
  const phase = (row: number, column: number) =>
    g.strides[0] === 1 && g.strides[1] === 1
      ? padded
      : once(`phase ${row} ${column}`, () => slice(padded, [row, column], size, [2, 3], [...g.strides]));
  const columns = (rowPhase: number, offset: number) =>
    once(`columns ${rowPhase} ${offset}`, () => {
      const start = Math.floor(offset / g.strides[1]);
      return slice(phase(rowPhase, offset % g.strides[1]), [start], [start + g.outSize[1]], [3], [1]);
    });
  const all: string[] = [];
  for (let row = 0; row < g.kernel[0]; row++) {
    for (let column = 0; column < g.kernel[1]; column++) {
      const offset = row * g.dilations[0];
      const start = Math.floor(offset / g.strides[0]);
      const source = columns(offset % g.strides[0], column * g.dilations[1]);
      all.push(slice(source, [start], [start + g.outSize[0]], [2], [1]));
    }
  }
  return all;
}
