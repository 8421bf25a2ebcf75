/** Three-dimensional convolutions and their gradients. Data is NCDHW and kernels are OIDHW inside the graph. */
import { backend_util } from '@tensorflow/tfjs-core';
import type { Permutation, TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { type Attrs, define } from './definition.ts';

/** Volumes: logical NDHWC stored as NCDHW. */
export const NCDHW: Permutation = [0, 4, 1, 2, 3];
/** Kernels: logical DHWIO stored as OIDHW. */
const OIDHW: Permutation = [4, 3, 0, 1, 2];

/** Sizes of a convolution or pooling; arrays are [depth, height, width]. */
export interface VolumeGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inSize: readonly number[];
  readonly outSize: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and after. */
  readonly padding: readonly (readonly [number, number])[];
}

export function volumeGeometry(info: backend_util.Conv3DInfo): VolumeGeometry {
  const inSize = [info.inDepth, info.inHeight, info.inWidth];
  const outSize = [info.outDepth, info.outHeight, info.outWidth];
  const strides = [info.strideDepth, info.strideHeight, info.strideWidth];
  const effective = [info.effectiveFilterDepth, info.effectiveFilterHeight, info.effectiveFilterWidth];
  const before = [info.padInfo.front, info.padInfo.top, info.padInfo.left];
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    inSize,
    outSize,
    kernel: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides,
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    // The last window's end decides, so that rounding up has elements to read.
    padding: [0, 1, 2].map((axis) => {
      const end = (outSize[axis]! - 1) * strides[axis]! + effective[axis]! - inSize[axis]! - before[axis]!;
      return [before[axis]!, Math.max(end, 0)] as const;
    }),
  };
}

function geometryOf(x: readonly number[], filter: readonly number[], attrs: Attrs): VolumeGeometry {
  type Shape = Parameters<typeof backend_util.computeConv3DInfo>[0];
  const info = backend_util.computeConv3DInfo(
    x as Shape,
    filter as Shape,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
  );
  return volumeGeometry(info);
}

/** Pads as ONNX wants them: all befores, then all afters. */
export function onnxPads(padding: VolumeGeometry['padding']): number[] {
  return [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
}

/** tfjs lets 'same' padding go below zero where the window is smaller than the stride; ONNX does not. */
export const paddingIsPositive = (g: VolumeGeometry) => g.padding.every(([before]) => before >= 0);

const floats = (specs: readonly TensorSpec[]) => specs.every((spec) => spec.dtype === 'float32');
const limits = "float32; no window smaller than its stride with padding 'same'";

define(
  {
    name: 'Conv3D',
    supports: (specs, attrs) => floats(specs) && paddingIsPositive(geometryOf(specs[0]!.shape, specs[1]!.shape, attrs)),
    limits,
    outputs: ([x, filter], attrs) => {
      const g = geometryOf(x!.shape, filter!.shape, attrs);
      return [{ shape: [g.batch, ...g.outSize, g.outChannels], dtype: 'float32' }];
    },
    lower(graph, node) {
      const [x, filter] = node.inputs as [Value, Value];
      const g = geometryOf(x.shape, filter.shape, node.attrs);
      const { kernel, strides, dilations, padding } = g;
      const attributes = { kernel_shape: kernel, strides, dilations, pads: onnxPads(padding) };
      graph.define(
        node.outputs[0]!,
        graph.op('Conv', [graph.ref(x, NCDHW), graph.ref(filter, OIDHW)], attributes),
        NCDHW,
      );
    },
  },
  {
    name: 'Conv3DBackpropInputV2',
    supports: (specs, attrs) =>
      floats(specs) && paddingIsPositive(geometryOf(attrs.inputShape, specs[1]!.shape, attrs)),
    limits,
    outputs: (_inputs, attrs) => [{ shape: attrs.inputShape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, filter] = node.inputs as [Value, Value];
      const g = geometryOf(node.attrs.inputShape, filter.shape, node.attrs);
      graph.define(node.outputs[0]!, inputGradient(graph, graph.ref(dy, NCDHW), graph.ref(filter, OIDHW), g), NCDHW);
    },
  },
  {
    name: 'Conv3DBackpropFilterV2',
    supports: (specs, attrs) =>
      floats(specs) && paddingIsPositive(geometryOf(specs[0]!.shape, attrs.filterShape, attrs)),
    limits,
    outputs: (_inputs, attrs) => [{ shape: attrs.filterShape, dtype: 'float32' }],
    lower(graph, node) {
      const [x, dy] = node.inputs as [Value, Value];
      const g = geometryOf(x.shape, node.attrs.filterShape, node.attrs);
      graph.define(node.outputs[0]!, filterGradient(graph, graph.ref(x, NCDHW), graph.ref(dy, NCDHW), g), OIDHW);
    },
  },
);

/** The transposed convolution of dy, without the padding and with the elements that no window reached. */
function inputGradient(graph: Lowering, dy: string, filter: string, g: VolumeGeometry): string {
  const spread = graph.op('ConvTranspose', [dy, filter], {
    kernel_shape: g.kernel,
    strides: g.strides,
    dilations: g.dilations,
  });
  return fitted(graph, spread, g);
}

/** Cuts what windows cover of the padded input to the input itself. A negative pad crops. */
export function fitted(graph: Lowering, covering: string, g: VolumeGeometry): string {
  const pads = g.padding.map(([before], axis) => {
    const covered = (g.outSize[axis]! - 1) * g.strides[axis]! + (g.kernel[axis]! - 1) * g.dilations[axis]! + 1;
    return [-before, g.inSize[axis]! + before - covered] as const;
  });
  if (pads.flat().every((pad) => pad === 0)) return covering;
  return graph.op('Pad', [covering, graph.int64([0, 0, ...pads.map(([b]) => b), 0, 0, ...pads.map(([, a]) => a)])]);
}

/** dW as a convolution of x by dy: samples take the place of channels, and strides change places with dilations. */
function filterGradient(graph: Lowering, x: string, dy: string, g: VolumeGeometry): string {
  const images = graph.op('Transpose', [x], { perm: [1, 0, 2, 3, 4] });
  const kernels = graph.op('Transpose', [dy], { perm: [1, 0, 2, 3, 4] });
  const result = graph.op('Conv', [images, kernels], {
    kernel_shape: g.outSize,
    strides: g.dilations,
    dilations: g.strides,
    pads: onnxPads(g.padding),
  });
  // Elements at the end that no window reached have made it longer.
  const cut = graph.op('Slice', [result, graph.int64([0, 0, 0]), graph.int64([...g.kernel]), graph.int64([2, 3, 4])]);
  return graph.op('Transpose', [cut], { perm: [1, 0, 2, 3, 4] });
}
