/**
 * Two-dimensional convolutions and their gradients, plain and depthwise. Data is NCHW and kernels are OIHW inside the
 * graph (see permutation.ts); tfjs's logical layouts, NHWC and HWIO, exist at the ends only.
 */
import { backend_util } from '@tensorflow/tfjs-core';
import { NCHW, OIHW } from '../graph/permutation.ts';
import type { GraphNode, Permutation, TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { blockedConvolution, blockedTurnedConvolution, canBlock, canBlockTurned } from './blocked-convolution.ts';
import { type Attrs, define, inputNamed } from './definition.ts';
import { activate } from './elementwise.ts';
import { filterGradient } from './filter-gradient.ts';
import { type ConvolutionGeometry, canPatchInputGradient, patchConvolution, patchInputGradient } from './patches.ts';

type Info = backend_util.Conv2DInfo;

export function infoOf(x: readonly number[], filter: readonly number[], attrs: Attrs, depthwise = false): Info {
  const format = backend_util.convertConv2DDataFormat(attrs.dataFormat ?? 'NHWC');
  const dilations = attrs.dilations ?? 1;
  return backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    attrs.strides,
    dilations,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    format,
  );
}

export function geometry(info: Info): ConvolutionGeometry {
  const padding = (size: number, out: number, stride: number, kernel: number, before: number): [number, number] => [
    before,
    // The last window's end decides, so that rounding up has rows to read.
    Math.max((out - 1) * stride + kernel - size - before, 0),
  ];
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    inSize: [info.inHeight, info.inWidth],
    outSize: [info.outHeight, info.outWidth],
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padding: [
      padding(info.inHeight, info.outHeight, info.strideHeight, info.effectiveFilterHeight, info.padInfo.top),
      padding(info.inWidth, info.outWidth, info.strideWidth, info.effectiveFilterWidth, info.padInfo.left),
    ],
  };
}

export function convAttributes(g: ConvolutionGeometry, group = 1) {
  return {
    kernel_shape: g.kernel,
    strides: g.strides,
    dilations: g.dilations,
    pads: [g.padding[0][0], g.padding[1][0], g.padding[0][1], g.padding[1][1]],
    group,
  };
}

/** tfjs tensors of data format NCHW are stored in the logical order already. */
function dataLayout(attrs: Attrs): Permutation {
  return attrs.dataFormat === 'NCHW' ? null : NCHW;
}

function channelVector(graph: Lowering, value: Value, channels: number): string {
  return graph.reshape(
    graph.ref(value),
    value.shape.length === 0 || (value.shape.length === 1 && value.shape[0] === 1) ? [1] : [channels],
  );
}

/** The activation of tfjs's fused convolutions, on NCHW data. */
function finish(graph: Lowering, node: GraphNode, x: string): string {
  const prelu = inputNamed(node, 'preluActivationWeights');
  let slope: string | undefined;
  if (prelu !== undefined) {
    const rank3 = prelu.shape.length === 3;
    const flat = prelu.shape.length <= 1 || prelu.shape.slice(0, -1).every((d) => d === 1);
    // Slopes of data format NCHW are in its order already.
    if (node.attrs.dataFormat === 'NCHW' && prelu.shape.length > 1) slope = graph.ref(prelu);
    else if (flat) slope = graph.reshape(graph.ref(prelu), [prelu.shape.at(-1) ?? 1, 1, 1]);
    else slope = graph.op('Transpose', [graph.ref(prelu)], { perm: rank3 ? [2, 0, 1] : [0, 3, 1, 2] });
  }
  return activate(graph, x, node.attrs.activation ?? 'linear', slope, node.attrs.leakyreluAlpha);
}

const floats = (specs: readonly TensorSpec[]) => specs.every((spec) => spec.dtype === 'float32');

function convolution(name: string, depthwise: boolean) {
  define({
    name,
    supports: floats,
    limits: 'float32 only',
    outputs: ([x, filter], attrs) => [
      { shape: infoOf(x!.shape, filter!.shape, attrs, depthwise).outShape, dtype: 'float32' },
    ],
    lower(graph, node) {
      const [x, filter] = node.inputs as [Value, Value];
      const info = infoOf(x.shape, filter.shape, node.attrs, depthwise);
      const layout = dataLayout(node.attrs);
      const bias = inputNamed(node, 'bias');
      const perChannel = bias !== undefined && bias.shape.at(-1) === info.outChannels && layout === NCHW;
      const vector = perChannel ? channelVector(graph, bias, info.outChannels) : undefined;
      let result: string;
      if (depthwise) {
        const inputs = [
          graph.ref(x, layout),
          depthwiseKernel(graph, filter),
          ...(vector === undefined ? [] : [vector]),
        ];
        result = graph.op('Conv', inputs, convAttributes(geometry(info), info.inChannels));
      } else result = convolve(graph, x, filter, info, { bias: vector, layout });
      if (bias !== undefined && !perChannel) {
        const shape = bias.shape.length <= 1 ? [bias.shape[0] ?? 1, 1, 1] : bias.shape;
        result = graph.op('Add', [result, graph.reshape(graph.ref(bias), shape)]);
      }
      graph.define(node.outputs[0]!, finish(graph, node, result), layout);
    },
  });
}

export interface ConvolveOptions {
  /** Name of a vector [O]. */
  readonly bias?: string | undefined;
  readonly relu?: boolean;
  /** Layout of x and of the result; default NCHW. */
  readonly layout?: Permutation;
}

/** A convolution with bias and ReLU, in the form that is fastest for the shape. */
export function convolve(graph: Lowering, x: Value, filter: Value, info: Info, options: ConvolveOptions = {}): string {
  const { bias, relu = false, layout = NCHW } = options;
  const g = geometry(info);
  const [data, kernel] = [graph.ref(x, layout), graph.ref(filter, OIHW)];
  const trained = !graph.portable && !graph.isConstant(filter);
  if (trained && canBlock(graph, g)) return blockedConvolution(graph, data, kernel, g, { bias, relu });
  let result: string;
  if (trained && smallImages(g)) {
    result = patchConvolution(graph, data, kernel, g);
    if (bias !== undefined) result = graph.op('Add', [result, graph.reshape(bias, [g.outChannels, 1, 1])]);
  } else result = graph.op('Conv', bias === undefined ? [data, kernel] : [data, kernel, bias], convAttributes(g));
  return relu ? graph.op('Relu', [result]) : result;
}

/** [H, W, C, M] as ONNX wants a grouped kernel: [C * M, 1, H, W]. */
function depthwiseKernel(graph: Lowering, filter: Value): string {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  return graph.reshape(graph.ref(filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

convolution('Conv2D', false);
convolution('FusedConv2D', false);
convolution('DepthwiseConv2dNative', true);
convolution('FusedDepthwiseConv2D', true);

define(
  {
    name: 'Conv2DBackpropInput',
    supports: floats,
    limits: 'float32 only',
    outputs: (_inputs, attrs) => [{ shape: attrs.inputShape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, filter] = node.inputs as [Value, Value];
      const info = infoOf(node.attrs.inputShape, filter.shape, node.attrs);
      const layout = dataLayout(node.attrs);
      const g = geometry(info);
      let gradient = graph.ref(dy, layout);
      // tf.conv2dTranspose takes more rows than `outputShape` has room for, and leaves the rest out.
      const [rows, columns] = layout === null ? dy.shape.slice(2) : dy.shape.slice(1, 3);
      if (rows! > g.outSize[0] || columns! > g.outSize[1]) {
        gradient = graph.op('Slice', [gradient, graph.int64([0, 0]), graph.int64([...g.outSize]), graph.int64([2, 3])]);
      }
      const result = inputGradient(graph, gradient, graph.ref(filter, OIHW), g, 1);
      graph.define(node.outputs[0]!, result, layout);
    },
  },
  {
    name: 'DepthwiseConv2dNativeBackpropInput',
    supports: floats,
    limits: 'float32 only',
    outputs: (_inputs, attrs) => [{ shape: attrs.inputShape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, filter] = node.inputs as [Value, Value];
      const info = infoOf(node.attrs.inputShape, filter.shape, node.attrs, true);
      const result = inputGradient(
        graph,
        graph.ref(dy, NCHW),
        depthwiseKernel(graph, filter),
        geometry(info),
        info.inChannels,
      );
      graph.define(node.outputs[0]!, result, NCHW);
    },
  },
  {
    name: 'Conv2DBackpropFilter',
    supports: floats,
    limits: 'float32 only',
    outputs: (_inputs, attrs) => [{ shape: attrs.filterShape, dtype: 'float32' }],
    lower(graph, node) {
      const [x, dy] = node.inputs as [Value, Value];
      const info = infoOf(x.shape, node.attrs.filterShape, node.attrs);
      const layout = dataLayout(node.attrs);
      const result = filterGradient(graph, graph.ref(x, layout), graph.ref(dy, layout), geometry(info));
      graph.define(node.outputs[0]!, result, OIHW);
    },
  },
);

/**
 * ONNX Runtime's convolution works image by image, and reads the whole kernel for each. Where images are a few positions
 * of many channels, as in the last stages of a ResNet, one product over the batch is faster (docs/decisions/0005).
 */
function smallImages(g: ConvolutionGeometry): boolean {
  return g.batch > 1 && g.outSize[0] * g.outSize[1] <= 36 && g.inChannels >= 128 && g.kernel[0] * g.kernel[1] > 1;
}

/** dX, in the form that is fastest for the shape. */
function inputGradient(graph: Lowering, dy: string, filter: string, g: ConvolutionGeometry, group: number): string {
  const positions = g.inSize[0] * g.inSize[1];
  const small = g.batch > 1 && positions <= 64 && g.inChannels >= 128 && g.kernel[0] * g.kernel[1] > 1;
  if (group === 1 && small && !graph.portable && canPatchInputGradient(g)) {
    return patchInputGradient(graph, dy, filter, g);
  }
  const unitStride = g.strides[0] === 1 && g.strides[1] === 1;
  if (unitStride && group === 1) {
    const pads = [0, 1].map((axis) => {
      const reach = (g.kernel[axis]! - 1) * g.dilations[axis]!;
      const before = reach - g.padding[axis]![0];
      return [before, g.inSize[axis]! - g.outSize[axis]! + reach - before] as const;
    });
    if (pads.flat().every((p) => p >= 0)) return flippedConvolution(graph, dy, filter, g, pads);
  }
  return transposedConvolution(graph, dy, filter, g, group);
}

/** Stride 1: the convolution of dY with the kernel turned by 180 degrees and its channels exchanged. */
function flippedConvolution(
  graph: Lowering,
  dy: string,
  filter: string,
  g: ConvolutionGeometry,
  pads: readonly (readonly [number, number])[],
): string {
  const mirrored: ConvolutionGeometry = {
    ...g,
    inChannels: g.outChannels,
    outChannels: g.inChannels,
    inSize: g.outSize,
    outSize: g.inSize,
    padding: [pads[0]!, pads[1]!],
  };
  if (!graph.portable && canBlockTurned(graph, mirrored)) return blockedTurnedConvolution(graph, dy, filter, mirrored);
  const turned = g.kernel.every((k) => k === 1)
    ? filter
    : graph.op('Slice', [
        filter,
        graph.int64([-1, -1]),
        graph.int64(g.kernel.map((k) => -k - 1)),
        graph.int64([2, 3]),
        graph.int64([-1, -1]),
      ]);
  const exchanged = graph.op('Transpose', [turned], { perm: [1, 0, 2, 3] });
  return graph.op('Conv', [dy, exchanged], {
    kernel_shape: g.kernel,
    strides: [1, 1],
    dilations: g.dilations,
    pads: [pads[0]![0], pads[1]![0], pads[0]![1], pads[1]![1]],
  });
}

/** Any stride. Rows of X that no window ends on get no gradient, which `output_padding` stands for. */
function transposedConvolution(
  graph: Lowering,
  dy: string,
  filter: string,
  g: ConvolutionGeometry,
  group: number,
): string {
  const remainder = [0, 1].map((axis) => {
    const effective = (g.kernel[axis]! - 1) * g.dilations[axis]! + 1;
    const covered = (g.outSize[axis]! - 1) * g.strides[axis]! + effective;
    return g.inSize[axis]! + g.padding[axis]![0] + g.padding[axis]![1] - covered;
  });
  // ONNX forbids an output padding of a whole stride or more: those rows are added afterwards.
  const fits = remainder.every((rest, axis) => rest < Math.max(g.strides[axis]!, g.dilations[axis]!));
  const attributes = { ...convAttributes(g, group), output_padding: fits ? remainder : [0, 0] };
  const result = graph.op('ConvTranspose', [dy, filter], attributes);
  if (fits) return result;
  return graph.op('Pad', [result, graph.int64([0, 0, 0, 0, 0, 0, remainder[0]!, remainder[1]!])]);
}
