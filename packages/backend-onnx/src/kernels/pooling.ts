/** Two-dimensional pooling and its gradients, on NCHW data. */
import { backend_util } from '@tensorflow/tfjs-core';
import { NCHW } from '../graph/permutation.ts';
import type { TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { convAttributes, geometry } from './convolution.ts';
import { type Attrs, define } from './definition.ts';
import { maxPoolGradient } from './max-pool-gradient.ts';
import type { ConvolutionGeometry } from './patches.ts';

function poolInfo(x: readonly number[], attrs: Attrs): ConvolutionGeometry {
  return geometry(
    backend_util.computePool2DInfo(
      x as [number, number, number, number],
      attrs.filterSize,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    ),
  );
}

function pooledShape(x: TensorSpec, attrs: Attrs): number[] {
  const g = poolInfo(x.shape, attrs);
  return [g.batch, ...g.outSize, g.outChannels];
}

export function poolAttributes(g: ConvolutionGeometry) {
  const { kernel_shape, strides, pads } = convAttributes(g);
  return { kernel_shape, strides, pads };
}

/** ONNX Runtime refuses windows that lie in the padding alone. */
const supported = (specs: readonly TensorSpec[], attrs: Attrs, names: readonly string[]) =>
  specs.every((spec) => spec.dtype === 'float32') &&
  reachable(poolInfo(specs[Math.max(names.indexOf('input'), 0)]!.shape, attrs));
const reachable = (g: ConvolutionGeometry) =>
  g.padding.every((pads, axis) => pads.every((pad) => pad < g.kernel[axis]!));
const LIMITS = 'float32; padding smaller than the window';
const global = (g: ConvolutionGeometry) =>
  g.outSize.every((d) => d === 1) && g.kernel.every((k, i) => k === g.inSize[i]) && unpadded(g);
export const unpadded = (g: ConvolutionGeometry) => g.padding.flat().every((p) => p === 0);

define(
  {
    name: 'MaxPool',
    supports: supported,
    limits: LIMITS,
    outputs: ([x], attrs) => [{ shape: pooledShape(x!, attrs), dtype: 'float32' }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const pooled = graph.op('MaxPool', [graph.ref(x, NCHW)], poolAttributes(poolInfo(x.shape, node.attrs)));
      graph.define(node.outputs[0]!, pooled, NCHW);
    },
  },
  {
    name: 'AvgPool',
    supports: supported,
    limits: LIMITS,
    outputs: ([x], attrs) => [{ shape: pooledShape(x!, attrs), dtype: 'float32' }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const g = poolInfo(x.shape, node.attrs);
      const ref = graph.ref(x, NCHW);
      // Padding does not count in tfjs's averages; neither does it in ONNX's by default.
      const pooled = global(g)
        ? graph.op('GlobalAveragePool', [ref])
        : graph.op('AveragePool', [ref], poolAttributes(g));
      graph.define(node.outputs[0]!, pooled, NCHW);
    },
  },
  {
    name: 'MaxPoolGrad',
    supports: supported,
    limits: LIMITS,
    outputs: ([, input]) => [{ shape: input!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, input] = node.inputs as [Value, Value];
      const g = poolInfo(input.shape, node.attrs);
      graph.define(node.outputs[0]!, maxPoolGradient(graph, graph.ref(dy, NCHW), graph.ref(input, NCHW), g), NCHW);
    },
  },
  {
    name: 'AvgPoolGrad',
    // tfjs's cpu kernel divides by the whole window, padding included.
    internal: true,
    supports: supported,
    limits: LIMITS,
    outputs: ([, input]) => [{ shape: input!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, input] = node.inputs as [Value, Value];
      const g = poolInfo(input.shape, node.attrs);
      graph.define(node.outputs[0]!, averagePoolGradient(graph, graph.ref(dy, NCHW), g), NCHW);
    },
  },
);

/** Each gradient, divided by the number of real inputs under its window, spread evenly over the window. */
function averagePoolGradient(graph: Lowering, dy: string, g: ConvolutionGeometry): string {
  const counts = windowCounts(g);
  const uniform = counts.every((count) => count === counts[0]);
  const scale = uniform
    ? graph.scalar(1 / counts[0]!)
    : graph.tensor(
        'float32',
        Float32Array.from(counts, (count) => 1 / count),
        [1, 1, ...g.outSize],
      );
  const scaled = graph.op('Mul', [dy, scale]);
  if (global(g)) return graph.op('Expand', [scaled, graph.int64([g.batch, g.inChannels, ...g.inSize])]);
  // A transposed convolution with a kernel of ones, channel by channel: channels go to the batch.
  const separate = graph.reshape(scaled, [g.batch * g.inChannels, 1, ...g.outSize]);
  const ones = graph.tensor('float32', new Float32Array(g.kernel[0] * g.kernel[1]).fill(1), [1, 1, ...g.kernel]);
  const covered = [0, 1].map((a) => (g.outSize[a]! - 1) * g.strides[a]! + g.kernel[a]!);
  const spread = graph.op('ConvTranspose', [separate, ones], { kernel_shape: g.kernel, strides: g.strides });
  // Cut the padding off and fill up the rows that no window reached; a negative pad crops.
  const pads = [0, 1].map((a) => ({
    before: -g.padding[a]![0],
    after: g.inSize[a]! - (covered[a]! - g.padding[a]![0]),
  }));
  const fitted = graph.op('Pad', [
    spread,
    graph.int64([0, 0, pads[0]!.before, pads[1]!.before, 0, 0, pads[0]!.after, pads[1]!.after]),
  ]);
  return graph.reshape(fitted, [g.batch, g.inChannels, ...g.inSize]);
}

/** Real inputs under each window. */
function windowCounts(g: ConvolutionGeometry): number[] {
  const along = (axis: 0 | 1) =>
    Array.from({ length: g.outSize[axis] }, (_, i) => {
      const start = i * g.strides[axis] - g.padding[axis][0];
      return Math.min(start + g.kernel[axis], g.inSize[axis]) - Math.max(start, 0);
    });
  return along(0).flatMap((height) => along(1).map((width) => height * width));
}
