/** Running sums and products along an axis. */
import { util } from '@tensorflow/tfjs-core';
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { type Attrs, define } from './definition.ts';

const outputs = ([x]: readonly TensorSpec[]): readonly TensorSpec[] => [
  { shape: x!.shape, dtype: x!.dtype === 'bool' ? 'int32' : x!.dtype },
];

const axisOf = (attrs: Attrs, x: Value) => util.parseAxisParam(attrs.axis as number, [...x.shape])[0]!;

function input(graph: Lowering, x: Value): string {
  return x.dtype === 'bool' ? graph.cast(graph.ref(x), 'int32') : graph.ref(x);
}

define(
  {
    name: 'Cumsum',
    outputs,
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const axis = graph.tensor('int64', BigInt64Array.of(BigInt(axisOf(node.attrs, x))), []);
      const { exclusive, reverse } = node.attrs;
      const sums = graph.op('CumSum', [input(graph, x), axis], {
        exclusive: exclusive ? 1 : 0,
        reverse: reverse ? 1 : 0,
      });
      graph.define(node.outputs[0]!, sums);
    },
  },
  {
    name: 'Cumprod',
    outputs,
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const axis = axisOf(node.attrs, x);
      const length = x.shape[axis]!;
      const { exclusive, reverse } = node.attrs as { exclusive: boolean; reverse: boolean };
      let result = input(graph, x);
      if (sizeOf(x.shape) === 0) return graph.define(out, result);
      const shifted = (name: string, by: number) =>
        shift(graph, name, x.shape, axis, reverse ? -by : by, graph.scalar(1, out.dtype));
      // ONNX scans sums alone. Each round multiplies by what lies twice as far back (Hillis and Steele, 1986).
      if (exclusive) result = shifted(result, 1);
      for (let distance = 1; distance < length; distance *= 2)
        result = graph.op('Mul', [result, shifted(result, distance)]);
      return graph.define(out, result);
    },
  },
);

/** Moves elements `by` places to higher indices (lower for a negative number) and fills up with `neutral`. */
function shift(
  graph: Lowering,
  name: string,
  shape: readonly number[],
  axis: number,
  by: number,
  neutral: string,
): string {
  const before = shape.map((_, i) => (i === axis ? by : 0));
  return graph.op('Pad', [name, graph.int64([...before, ...before.map((pad) => -pad)]), neutral]);
}
