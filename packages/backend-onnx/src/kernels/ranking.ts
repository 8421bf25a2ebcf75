/** Kernels that order and count: the largest elements, places in a sorted list, histograms. */
import { util } from '@tensorflow/tfjs-core';
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { define } from './definition.ts';

/** Comparing every value with every element of the list is quicker than a call out of the graph up to here. */
const SEARCH_LIMIT = 1 << 24;

define(
  {
    name: 'TopK',
    outputs: ([x], attrs) => {
      const shape = [...x!.shape.slice(0, -1), attrs.k as number];
      return [
        { shape, dtype: x!.dtype },
        { shape, dtype: 'int32' },
      ];
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const [values, indices] = node.outputs as [Value, Value];
      if (sizeOf(values.shape) === 0) {
        for (const out of [values, indices]) {
          graph.define(out, graph.op('Expand', [graph.scalar(0, out.dtype), graph.int64(out.shape)]));
        }
        return;
      }
      const input = x.dtype === 'bool' ? graph.cast(graph.ref(x), 'int32') : graph.ref(x);
      const [largest, at] = graph.ops(
        'TopK',
        [input, graph.int64([node.attrs.k])],
        { axis: x.shape.length - 1 },
        { outputs: 2 },
      );
      graph.define(values, x.dtype === 'bool' ? graph.cast(largest!, 'bool') : largest!);
      graph.define(indices, graph.cast(at!, 'int32'));
    },
  },
  {
    name: 'SearchSorted',
    supports: ([sequence, values]) => sizeOf(sequence!.shape) * values!.shape[1]! <= SEARCH_LIMIT,
    limits: 'up to 2^24 comparisons',
    outputs: ([, values]) => [{ shape: values!.shape, dtype: 'int32' }],
    lower(graph, node) {
      const [sequence, values] = node.inputs as [Value, Value];
      const [batch, count] = values.shape as [number, number];
      const list = graph.reshape(graph.ref(sequence), [batch, 1, sequence.shape[1]!]);
      const wanted = graph.reshape(graph.ref(values), [batch, count, 1]);
      const before = graph.op(node.attrs.side === 'left' ? 'Less' : 'LessOrEqual', [list, wanted]);
      const places = graph.op('ReduceSum', [graph.cast(before, 'int32'), graph.int64([2])], { keepdims: 0 });
      graph.define(node.outputs[0]!, places);
    },
  },
  {
    name: 'Bincount',
    check: ([x]) => checkCounts(x!),
    supports: countable,
    limits: 'weights float32 or int32',
    outputs: ([, weights], attrs) => [{ shape: [attrs.size], dtype: weights!.dtype }],
    lower(graph, node) {
      const [x, weights] = node.inputs as [Value, Value];
      graph.define(
        node.outputs[0]!,
        graph.reshape(histogram(graph, x, weights, node.attrs.size, 1, false), [node.attrs.size]),
      );
    },
  },
  {
    name: 'DenseBincount',
    check: ([x]) => checkCounts(x!),
    supports: countable,
    limits: 'weights float32 or int32',
    outputs: ([x, weights], attrs) => {
      util.assert(
        x!.shape.length <= 2,
        () => `Error in denseBincount: input must be at most rank 2, but got rank${x!.shape.length}.`,
      );
      return [{ shape: [...x!.shape.slice(0, -1), attrs.size], dtype: weights!.dtype }];
    },
    lower(graph, node) {
      const [x, weights] = node.inputs as [Value, Value];
      const out = node.outputs[0]!;
      // tfjs's kernel knows the binary form for rows alone.
      const binary = x.shape.length === 2 && node.attrs.binaryOutput === true;
      const rows = x.shape.length === 2 ? x.shape[0]! : 1;
      graph.define(out, graph.reshape(histogram(graph, x, weights, node.attrs.size, rows, binary), out.shape));
    },
  },
);

function countable([, weights]: readonly TensorSpec[]): boolean {
  return weights!.dtype !== 'bool';
}

function checkCounts(x: Value): void {
  util.assert(!(x.data ?? []).some((value) => value < 0), () => 'Input x must be non-negative!');
}

/** Adds up weights, or ones, by value and row: [rows, size]. Values that are too large go to a column that is cut off. */
function histogram(graph: Lowering, x: Value, weights: Value, size: number, rows: number, binary: boolean): string {
  const columns = sizeOf(x.shape) / rows;
  const { dtype } = weights;
  const zeros = graph.op('Expand', [graph.scalar(0, dtype), graph.int64([rows, size + 1])]);
  let result = zeros;
  if (columns > 0) {
    const value = graph.cast(graph.reshape(graph.ref(x), [rows, columns]), 'int64');
    const indices = graph.op('Min', [value, graph.int64([size])]);
    const shape = [rows, columns];
    const updates =
      sizeOf(weights.shape) > 0 && !binary
        ? graph.reshape(graph.ref(weights), shape)
        : graph.op('Expand', [graph.scalar(1, dtype), graph.int64(shape)]);
    result = graph.op('ScatterElements', [zeros, indices, updates], { axis: 1, reduction: binary ? 'none' : 'add' });
  }
  return graph.op('Slice', [result, graph.int64([0]), graph.int64([size]), graph.int64([1])]);
}
