/** Three-dimensional pooling and its gradients, on NCDHW data. */
import { backend_util } from '@tensorflow/tfjs-core';
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { fitted, NCDHW, onnxPads, paddingIsPositive, type VolumeGeometry, volumeGeometry } from './convolution-3d.ts';
import { type Attrs, define } from './definition.ts';

function poolGeometry(x: readonly number[], attrs: Attrs): VolumeGeometry {
  type Shape = Parameters<typeof backend_util.computePool3DInfo>[0];
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  return volumeGeometry(backend_util.computePool3DInfo(x as Shape, filterSize, strides, 1, pad, dimRoundingMode));
}

function pooledShape(x: TensorSpec, attrs: Attrs): number[] {
  const g = poolGeometry(x.shape, attrs);
  return [g.batch, ...g.outSize, g.outChannels];
}

const attributesOf = (g: VolumeGeometry) => ({ kernel_shape: g.kernel, strides: g.strides, pads: onnxPads(g.padding) });

/** ONNX Runtime refuses windows that lie in the padding alone. */
const supports = (specs: readonly TensorSpec[], attrs: Attrs, names: readonly string[]) => {
  const x = specs[Math.max(names.indexOf('input'), 0)]!;
  if (specs.some((spec) => spec.dtype !== 'float32')) return false;
  const g = poolGeometry(x.shape, attrs);
  return paddingIsPositive(g) && g.padding.every((pads, axis) => pads.every((pad) => pad < g.kernel[axis]!));
};
const limits = "float32; padding smaller than the window; no window smaller than its stride with padding 'same'";

define(
  {
    name: 'MaxPool3D',
    supports,
    limits,
    outputs: ([x], attrs) => [{ shape: pooledShape(x!, attrs), dtype: 'float32' }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const attributes = attributesOf(poolGeometry(x.shape, node.attrs));
      graph.define(node.outputs[0]!, graph.op('MaxPool', [graph.ref(x, NCDHW)], attributes), NCDHW);
    },
  },
  {
    name: 'AvgPool3D',
    supports,
    limits,
    outputs: ([x], attrs) => [{ shape: pooledShape(x!, attrs), dtype: 'float32' }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      // Padding does not count in tfjs's averages; neither does it in ONNX's by default.
      const attributes = attributesOf(poolGeometry(x.shape, node.attrs));
      graph.define(node.outputs[0]!, graph.op('AveragePool', [graph.ref(x, NCDHW)], attributes), NCDHW);
    },
  },
  {
    name: 'MaxPool3DGrad',
    // tfjs's cpu kernel takes the height of a window for its width.
    internal: true,
    supports,
    limits,
    outputs: ([, input]) => [{ shape: input!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, input] = node.inputs as [Value, Value];
      const g = poolGeometry(input.shape, node.attrs);
      const result = maxGradient(graph, graph.ref(dy, NCDHW), graph.ref(input, NCDHW), g);
      graph.define(node.outputs[0]!, result, NCDHW);
    },
  },
  {
    name: 'AvgPool3DGrad',
    // tfjs's cpu kernel divides by the whole window, padding included.
    internal: true,
    supports,
    limits,
    outputs: ([, input]) => [{ shape: input!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, input] = node.inputs as [Value, Value];
      const g = poolGeometry(input.shape, node.attrs);
      graph.define(node.outputs[0]!, averageGradient(graph, graph.ref(dy, NCDHW), g), NCDHW);
    },
  },
);

/** Adds each gradient to the element that won its window, by the flat indices that ONNX's operator gives. */
function maxGradient(graph: Lowering, dy: string, x: string, g: VolumeGeometry): string {
  const [, winners] = graph.ops('MaxPool', [x], attributesOf(g), { outputs: 2 });
  const shape = [g.batch, g.inChannels, ...g.inSize];
  const zeros = graph.op('Expand', [graph.scalar(0), graph.int64([sizeOf(shape)])]);
  const inputs = [zeros, graph.reshape(winners!, [-1]), graph.reshape(dy, [-1])];
  return graph.reshape(graph.op('ScatterElements', inputs, { axis: 0, reduction: 'add' }), shape);
}

/** Each gradient, divided by the number of real elements under its window, spread evenly over the window. */
function averageGradient(graph: Lowering, dy: string, g: VolumeGeometry): string {
  const scale = Float32Array.from(windowCounts(g), (count) => 1 / count);
  const scaled = graph.op('Mul', [dy, graph.tensor('float32', scale, [1, 1, ...g.outSize])]);
  // A transposed convolution by ones, channel by channel: channels go to the batch.
  const separate = graph.reshape(scaled, [g.batch * g.inChannels, 1, ...g.outSize]);
  const ones = graph.tensor('float32', new Float32Array(sizeOf(g.kernel)).fill(1), [1, 1, ...g.kernel]);
  const spread = graph.op('ConvTranspose', [separate, ones], { kernel_shape: g.kernel, strides: g.strides });
  return graph.reshape(fitted(graph, spread, g), [g.batch, g.inChannels, ...g.inSize]);
}

/** Real elements under each window, in the order of the output. */
function windowCounts(g: VolumeGeometry): number[] {
  return [0, 1, 2].reduce<number[]>(
    (counts, axis) => {
      const lengths = Array.from({ length: g.outSize[axis]! }, (_, i) => {
        const start = i * g.strides[axis]! - g.padding[axis]![0];
        return Math.min(start + g.kernel[axis]!, g.inSize[axis]!) - Math.max(start, 0);
      });
      return counts.flatMap((count) => lengths.map((length) => count * length));
    },
    [1],
  );
}
