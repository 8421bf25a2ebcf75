/** Kernels that read or write by index, and kernels that make tensors from attributes. */
import { backend_util, type GatherV2Attrs, util } from '@tensorflow/tfjs-core';
import { allocate, type DType, sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { define } from './definition.ts';
import { safeRows } from './scattered-sum.ts';

const numeric = (dtype: unknown) => dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

function filled(graph: Lowering, value: number, dtype: DType, shape: readonly number[]): string {
  return graph.op('Expand', [graph.scalar(value, dtype), graph.int64(shape)]);
}

define(
  {
    name: 'Fill',
    supports: (_inputs, attrs) => numeric(attrs.dtype ?? util.inferDtype(attrs.value)),
    limits: 'numbers only',
    outputs: (_inputs, attrs) => [
      { shape: attrs.shape, dtype: (attrs.dtype ?? util.inferDtype(attrs.value)) as DType },
    ],
    lower(graph, node) {
      const out = node.outputs[0]!;
      graph.define(out, filled(graph, Number(node.attrs.value), out.dtype, out.shape));
    },
  },
  {
    name: 'ZerosLike',
    outputs: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
    lower: (graph, node) =>
      graph.define(node.outputs[0]!, filled(graph, 0, node.outputs[0]!.dtype, node.outputs[0]!.shape)),
  },
  {
    name: 'OnesLike',
    outputs: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
    lower: (graph, node) =>
      graph.define(node.outputs[0]!, filled(graph, 1, node.outputs[0]!.dtype, node.outputs[0]!.shape)),
  },
  {
    name: 'Range',
    outputs: (_inputs, attrs) => [{ shape: [rangeLength(attrs.start, attrs.stop, attrs.step)], dtype: attrs.dtype }],
    lower(graph, node) {
      const out = node.outputs[0]!;
      const { start, stop, step } = node.attrs as { start: number; stop: number; step: number };
      // tfjs's default step of 1 counts down where it has to.
      const signed = stop < start && step === 1 ? -1 : step;
      const data = allocate(out.dtype, out.shape[0]!);
      for (let i = 0; i < data.length; i++) data[i] = start + i * signed;
      graph.define(out, graph.tensor(out.dtype, data, out.shape));
    },
  },
  {
    name: 'LinSpace',
    outputs: (_inputs, attrs) => [{ shape: [attrs.num], dtype: 'float32' }],
    lower(graph, node) {
      const { start, stop, num } = node.attrs as { start: number; stop: number; num: number };
      const step = num > 1 ? (stop - start) / (num - 1) : 0;
      const data = Float32Array.from({ length: num }, (_, i) => start + step * i);
      graph.define(node.outputs[0]!, graph.tensor('float32', data, [num]));
    },
  },
  {
    name: 'OneHot',
    supports: (_inputs, attrs) => numeric(attrs.dtype ?? 'float32'),
    limits: 'numbers only',
    outputs: ([indices], attrs) => [{ shape: [...indices!.shape, attrs.depth], dtype: attrs.dtype ?? 'float32' }],
    lower(graph, node) {
      // By comparison: ONNX's OneHot counts negative indices from the end, tfjs has them match nothing.
      const [indices] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const { depth, onValue, offValue } = node.attrs as { depth: number; onValue: number; offValue: number };
      const column = graph.reshape(graph.ref(indices), [...indices.shape, 1]);
      const hit = graph.op('Equal', [
        column,
        graph.tensor(
          'int32',
          Int32Array.from({ length: depth }, (_, i) => i),
          [depth],
        ),
      ]);
      const dtype = out.dtype === 'bool' ? 'int32' : out.dtype;
      const chosen =
        onValue === 1 && offValue === 0
          ? graph.cast(hit, dtype)
          : graph.op('Where', [hit, graph.scalar(onValue, dtype), graph.scalar(offValue, dtype)]);
      graph.define(out, out.dtype === 'bool' ? graph.cast(chosen, 'bool') : chosen);
    },
  },
  {
    name: 'GatherV2',
    check([x, indices], attrs) {
      // ONNX Runtime would find a wrong index too, later, and takes negative ones as counted from the end.
      const length = x!.shape[util.parseAxisParam(attrs.axis as number, [...x!.shape])[0]!]!;
      for (const index of indices!.data ?? []) {
        util.assert(
          index >= 0 && index < length,
          () => `GatherV2: the index value ${index} is not in [0, ${length - 1}]`,
        );
      }
    },
    outputs: ([x, indices], attrs) => [{ shape: gatherShape(x!, indices!, attrs as GatherV2Attrs), dtype: x!.dtype }],
    lower(graph, node) {
      const [x, indices] = node.inputs as [Value, Value];
      const out = node.outputs[0]!;
      const axis = util.parseAxisParam(node.attrs.axis as number, [...x.shape])[0]!;
      const batchDims = (node.attrs.batchDims ?? 0) as number;
      if (sizeOf(out.shape) === 0) return graph.define(out, filled(graph, 0, out.dtype, out.shape));
      if (batchDims === 0) return graph.define(out, graph.op('Gather', [graph.ref(x), graph.ref(indices)], { axis }));
      // Batches first: flatten [B, outer, axis, inner], offset each batch's indices, gather rows of one table.
      const info = gatherInfo(x, indices, node.attrs as GatherV2Attrs);
      const table = graph.op(
        'Transpose',
        [graph.reshape(graph.ref(x), [info.batchSize, info.outerSize, info.dimSize, info.sliceSize])],
        {
          perm: [0, 2, 1, 3],
        },
      );
      const rows = graph.reshape(table, [info.batchSize * info.dimSize, info.outerSize * info.sliceSize]);
      const perBatch = sizeOf(indices.shape) / info.batchSize;
      const offsets = Int32Array.from({ length: info.batchSize }, (_, i) => i * info.dimSize);
      const flat = graph.op('Add', [
        graph.reshape(graph.ref(indices), [info.batchSize, perBatch]),
        graph.tensor('int32', offsets, [info.batchSize, 1]),
      ]);
      const picked = graph.reshape(graph.op('Gather', [rows, flat], { axis: 0 }), [
        info.batchSize,
        perBatch,
        info.outerSize,
        info.sliceSize,
      ]);
      return graph.define(out, graph.reshape(graph.op('Transpose', [picked], { perm: [0, 2, 1, 3] }), out.shape));
    },
  },
  {
    name: 'UnsortedSegmentSum',
    supports: ([x]) => x!.dtype !== 'bool',
    limits: 'no bool',
    outputs: ([x, ids], attrs) => [
      { shape: [attrs.numSegments, ...x!.shape.slice(ids!.shape.length)], dtype: x!.dtype },
    ],
    lower(graph, node) {
      const out = node.outputs[0]!;
      const zeros = filled(graph, 0, out.dtype, out.shape);
      if (sizeOf(out.shape) === 0 || sizeOf(node.inputs[0]!.shape) === 0) return graph.define(out, zeros);
      // Ids outside of the range count for nothing.
      const { ids, rows } = safeRows(graph, out);
      graph.define(out, graph.op('ScatterND', [zeros, ids, rows], { reduction: 'add' }));
    },
  },
);

function rangeLength(start: number, stop: number, step: number): number {
  if (start === stop || (start < stop && step < 0) || (stop < start && step > 1)) return 0;
  return Math.abs(Math.ceil((stop - start) / step));
}

function gatherInfo(x: TensorSpec, indices: TensorSpec, attrs: GatherV2Attrs) {
  const axis = util.parseAxisParam(attrs.axis, [...x.shape])[0]!;
  type Shaped = Parameters<typeof backend_util.segment_util.collectGatherOpShapeInfo>[0];
  const shaped = (spec: TensorSpec) => ({ shape: [...spec.shape], rank: spec.shape.length }) as unknown as Shaped;
  return backend_util.segment_util.collectGatherOpShapeInfo(shaped(x), shaped(indices), axis, attrs.batchDims ?? 0);
}

function gatherShape(x: TensorSpec, indices: TensorSpec, attrs: GatherV2Attrs): number[] {
  return gatherInfo(x, indices, attrs).outputShape;
}
