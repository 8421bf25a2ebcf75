/** Kernels that read or write slices by lists of index vectors. */
import { backend_util } from '@tensorflow/tfjs-core';
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { define } from './definition.ts';

type Shaped = Parameters<typeof backend_util.calculateShapes>[0];
const shaped = (spec: TensorSpec) =>
  ({ ...spec, shape: [...spec.shape], rank: spec.shape.length }) as unknown as Shaped;

const zeros = (graph: Lowering, out: Value) => graph.op('Expand', [graph.scalar(0, out.dtype), graph.int64(out.shape)]);

/** Throws for an index outside of `shape`, as tfjs does; ONNX Runtime would find it later. */
function checkIndices(indices: Value, shape: readonly number[], sliceRank: number): void {
  const { data } = indices;
  if (data === null || indices.permutation !== null) return;
  const strides = new Array<number>(sliceRank);
  for (let i = sliceRank - 1, stride = 1; i >= 0; stride *= shape[i]!, i--) strides[i] = stride;
  const slices = sizeOf(shape.slice(0, sliceRank));
  for (let at = 0; at < data.length; at += sliceRank) {
    const index = [...data.subarray(at, at + sliceRank)];
    const flat = index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);
    if (flat < 0 || flat >= slices) throw new Error(`Invalid indices: ${index} does not index into ${shape}`);
  }
}

/** Writes `updates` into `target` of the given shape; `add` sums where an index comes twice, else the last one stays. */
function scatter(
  graph: Lowering,
  target: string,
  indices: Value,
  updates: Value,
  shape: readonly number[],
  add: boolean,
): string {
  const { sliceRank, numUpdates } = backend_util.calculateShapes(shaped(updates), shaped(indices), [...shape]);
  const at = graph.cast(graph.reshape(graph.ref(indices), [numUpdates, sliceRank]), 'int64');
  const sliceShape = [numUpdates, ...shape.slice(sliceRank)];
  const slices =
    updates.shape.length === 0
      ? graph.op('Expand', [graph.ref(updates), graph.int64(sliceShape)])
      : graph.reshape(graph.ref(updates), sliceShape);
  return graph.op('ScatterND', [target, at, slices], add ? { reduction: 'add' } : {});
}

function indexRank(updates: TensorSpec, indices: TensorSpec, shape: readonly number[]): number {
  return backend_util.calculateShapes(shaped(updates), shaped(indices), [...shape]).sliceRank;
}

define(
  {
    name: 'ScatterNd',
    supports: ([, updates]) => updates!.dtype !== 'bool',
    limits: 'no bool',
    check: ([indices, updates], attrs) =>
      checkIndices(indices!, attrs.shape, indexRank(updates!, indices!, attrs.shape)),
    outputs: ([, updates], attrs) => [{ shape: attrs.shape, dtype: updates!.dtype }],
    lower(graph, node) {
      const [indices, updates] = node.inputs as [Value, Value];
      const out = node.outputs[0]!;
      const empty = sizeOf(out.shape) === 0 || sizeOf(updates.shape) === 0;
      const target = zeros(graph, out);
      graph.define(out, empty ? target : scatter(graph, target, indices, updates, out.shape, true));
    },
  },
  {
    name: 'TensorScatterUpdate',
    check: ([tensor, indices, updates]) =>
      checkIndices(indices!, tensor!.shape, indexRank(updates!, indices!, tensor!.shape)),
    outputs: ([tensor]) => [{ shape: tensor!.shape, dtype: tensor!.dtype }],
    lower(graph, node) {
      const [tensor, indices, updates] = node.inputs as [Value, Value, Value];
      const target = graph.ref(tensor);
      const empty = sizeOf(tensor.shape) === 0 || sizeOf(updates.shape) === 0;
      graph.define(node.outputs[0]!, empty ? target : scatter(graph, target, indices, updates, tensor.shape, false));
    },
  },
  {
    name: 'SparseToDense',
    check: ([indices, values], attrs) =>
      checkIndices(indices!, attrs.outputShape, indexRank(values!, indices!, attrs.outputShape)),
    outputs: ([, values], attrs) => [{ shape: attrs.outputShape, dtype: values!.dtype }],
    lower(graph, node) {
      const [indices, values, fill] = node.inputs as [Value, Value, Value];
      const out = node.outputs[0]!;
      const filler = fill.dtype === out.dtype ? graph.ref(fill) : graph.cast(graph.ref(fill), out.dtype);
      const target = graph.op('Expand', [graph.reshape(filler, []), graph.int64(out.shape)]);
      const empty = sizeOf(out.shape) === 0 || sizeOf(indices.shape) === 0;
      graph.define(out, empty ? target : scatter(graph, target, indices, values, out.shape, false));
    },
  },
  {
    name: 'GatherNd',
    check: ([params, indices]) => checkIndices(indices!, params!.shape, indices!.shape.at(-1)!),
    outputs: ([params, indices]) => {
      const [shape] = backend_util.prepareAndValidate(shaped(params!), shaped(indices!));
      return [{ shape, dtype: params!.dtype }];
    },
    lower(graph, node) {
      const [params, indices] = node.inputs as [Value, Value];
      const out = node.outputs[0]!;
      if (sizeOf(out.shape) === 0) return graph.define(out, zeros(graph, out));
      return graph.define(out, graph.op('GatherND', [graph.ref(params), graph.cast(graph.ref(indices), 'int64')]));
    },
  },
);
