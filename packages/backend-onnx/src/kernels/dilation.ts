/**
 * Grey-scale morphological dilation and its gradients: each output is the largest of x + filter under its window, and
 * its gradient goes to the first pair that was as large.
 */
import { backend_util } from '@tensorflow/tfjs-core';
import { type GraphNode, sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { type Attrs, define, inputNamed } from './definition.ts';

type Info = backend_util.Conv2DInfo;

function infoOf(x: readonly number[], filter: readonly number[], attrs: Attrs): Info {
  type Four = Parameters<typeof backend_util.computeDilation2DInfo>[0];
  type Three = Parameters<typeof backend_util.computeDilation2DInfo>[1];
  return backend_util.computeDilation2DInfo(
    x as Four,
    filter as Three,
    attrs.strides,
    attrs.pad,
    'NHWC',
    attrs.dilations,
  );
}

/** Every tap of the window: x as the tap sees it, plus the tap's weights, [N, H', W', C]. */
function candidates(graph: Lowering, x: Value, filter: Value, info: Info): string[] {
  const end = (out: number, stride: number, window: number, size: number, before: number) =>
    Math.max((out - 1) * stride + window - size - before, 0);
  const { top, left } = info.padInfo;
  const bottom = end(info.outHeight, info.strideHeight, info.effectiveFilterHeight, info.inHeight, top);
  const right = end(info.outWidth, info.strideWidth, info.effectiveFilterWidth, info.inWidth, left);
  const pads = graph.int64([0, top, left, 0, 0, bottom, right, 0]);
  // tfjs starts from this number, which no real sum is below.
  const padded = graph.op('Pad', [graph.ref(x), pads, graph.scalar(Number.MIN_SAFE_INTEGER)]);
  const weights = graph.ref(filter);
  const all: string[] = [];
  for (let row = 0; row < info.filterHeight; row++) {
    for (let column = 0; column < info.filterWidth; column++) {
      const starts = [row * info.dilationHeight, column * info.dilationWidth];
      const strides = [info.strideHeight, info.strideWidth];
      const ends = [info.outHeight, info.outWidth].map((out, axis) => starts[axis]! + (out - 1) * strides[axis]! + 1);
      const seen = graph.op('Slice', [padded, ...[starts, ends, [1, 2], strides].map((values) => graph.int64(values))]);
      const at = graph.int64([row * info.filterWidth + column]);
      const flat = graph.reshape(weights, [info.filterHeight * info.filterWidth, info.inChannels]);
      all.push(graph.op('Add', [seen, graph.op('Gather', [flat, at], { axis: 0 })]));
    }
  }
  return all;
}

/** The number of the tap that won, [N, H', W', C] of int64; the first where several did. */
function winners(graph: Lowering, x: Value, filter: Value, info: Info): string {
  const shape = [1, info.batchSize, info.outHeight, info.outWidth, info.inChannels];
  const stacked = graph.op(
    'Concat',
    candidates(graph, x, filter, info).map((name) => graph.reshape(name, shape)),
    { axis: 0 },
  );
  return graph.op('ArgMax', [stacked], { axis: 0, keepdims: 0 });
}

/** Adds dy to the places in a tensor of `shape` that `indices` name. */
function scatter(graph: Lowering, dy: Value, indices: string, shape: readonly number[]): string {
  const zeros = graph.op('Expand', [graph.scalar(0), graph.int64([sizeOf(shape)])]);
  const inputs = [zeros, graph.reshape(indices, [-1]), graph.reshape(graph.ref(dy), [-1])];
  return graph.reshape(graph.op('ScatterElements', inputs, { axis: 0, reduction: 'add' }), shape);
}

/** Numbers along one dimension of an NHWC tensor. */
function along(graph: Lowering, axis: number, length: number, value: (i: number) => number): string {
  const dims = [1, 1, 1, 1].map((one, i) => (i === axis ? length : one));
  return graph.tensor(
    'int64',
    BigInt64Array.from({ length }, (_, i) => BigInt(value(i))),
    dims,
  );
}

const floats = (specs: readonly TensorSpec[]) => specs.every((spec) => spec.dtype === 'float32');
const operands = (node: GraphNode) => ({
  x: inputNamed(node, 'x')!,
  filter: inputNamed(node, 'filter')!,
  dy: inputNamed(node, 'dy')!,
});

define(
  {
    name: 'Dilation2D',
    supports: floats,
    limits: 'float32 only',
    outputs: ([x, filter], attrs) => [{ shape: infoOf(x!.shape, filter!.shape, attrs).outShape, dtype: 'float32' }],
    lower(graph, node) {
      const { x, filter } = operands(node);
      const all = candidates(graph, x, filter, infoOf(x.shape, filter.shape, node.attrs));
      graph.define(node.outputs[0]!, all.length === 1 ? all[0]! : graph.op('Max', all));
    },
  },
  {
    name: 'Dilation2DBackpropInput',
    supports: floats,
    limits: 'float32 only',
    outputs: (specs, _attrs, names) => [{ shape: specs[names.indexOf('x')]!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const { x, filter, dy } = operands(node);
      const info = infoOf(x.shape, filter.shape, node.attrs);
      const rowLength = info.inWidth * info.inChannels;
      const { top, left } = info.padInfo;
      // The flat place in x is linear in the output's position and the tap.
      const taps = Array.from({ length: info.filterHeight * info.filterWidth }, (_, tap) => {
        const row = Math.floor(tap / info.filterWidth) * info.dilationHeight - top;
        const column = (tap % info.filterWidth) * info.dilationWidth - left;
        return row * rowLength + column * info.inChannels;
      });
      const offsets = graph.op('Gather', [graph.int64(taps), winners(graph, x, filter, info)], { axis: 0 });
      const indices = [
        along(graph, 0, info.batchSize, (i) => i * info.inHeight * rowLength),
        along(graph, 1, info.outHeight, (i) => i * info.strideHeight * rowLength),
        along(graph, 2, info.outWidth, (i) => i * info.strideWidth * info.inChannels),
        along(graph, 3, info.inChannels, (i) => i),
      ].reduce((sum, part) => graph.op('Add', [sum, part]), offsets);
      graph.define(node.outputs[0]!, scatter(graph, dy, indices, x.shape));
    },
  },
  {
    name: 'Dilation2DBackpropFilter',
    supports: floats,
    limits: 'float32 only',
    outputs: (specs, _attrs, names) => [{ shape: specs[names.indexOf('filter')]!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const { x, filter, dy } = operands(node);
      const info = infoOf(x.shape, filter.shape, node.attrs);
      const tap = graph.op('Mul', [winners(graph, x, filter, info), graph.int64([info.inChannels])]);
      const indices = graph.op('Add', [tap, along(graph, 3, info.inChannels, (i) => i)]);
      graph.define(node.outputs[0]!, scatter(graph, dy, indices, filter.shape));
    },
  },
);
