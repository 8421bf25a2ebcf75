/** Matrix products. */
import { backend_util } from '@tensorflow/tfjs-core';
import { type GraphNode, sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import { CONTRIB, type Lowering } from '../onnx/lowering.ts';
import { type Attrs, define, inputNamed } from './definition.ts';
import { activate } from './elementwise.ts';

function productShape([a, b]: readonly TensorSpec[], attrs: Attrs): number[] {
  const rankA = a!.shape.length;
  const rankB = b!.shape.length;
  const rows = attrs.transposeA ? a!.shape[rankA - 1]! : a!.shape[rankA - 2]!;
  const inner = attrs.transposeA ? a!.shape[rankA - 2]! : a!.shape[rankA - 1]!;
  const columns = attrs.transposeB ? b!.shape[rankB - 2]! : b!.shape[rankB - 1]!;
  const innerB = attrs.transposeB ? b!.shape[rankB - 1]! : b!.shape[rankB - 2]!;
  if (inner !== innerB) {
    throw new Error(
      `Error in matMul: inner shapes (${inner}) and (${innerB}) of Tensors with shapes ${a!.shape} and ${b!.shape} ` +
        `and transposeA=${attrs.transposeA} and transposeB=${attrs.transposeB} must match.`,
    );
  }
  const batch = backend_util.assertAndGetBroadcastShape([...a!.shape.slice(0, -2)], [...b!.shape.slice(0, -2)]);
  return [...batch, rows, columns];
}

/** The product of two named tensors, of ranks that ONNX broadcasts. */
function product(
  graph: Lowering,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  shape: readonly number[],
): string {
  if (sizeOf(a.shape) === 0 || sizeOf(b.shape) === 0) {
    return graph.op('Expand', [graph.scalar(0), graph.int64(shape)]);
  }
  const left = graph.ref(a);
  const right = graph.ref(b);
  if (!transposeA && !transposeB) return graph.op('MatMul', [left, right]);
  // Batches of one are plain matrices: Gemm transposes without a copy and is part of the standard.
  if (
    shape.length === 2 ||
    (sizeOf(shape.slice(0, -2)) === 1 && sizeOf(a.shape.slice(0, -2)) === 1 && sizeOf(b.shape.slice(0, -2)) === 1)
  ) {
    const flat = (name: string, value: Value) =>
      value.shape.length === 2 ? name : graph.reshape(name, value.shape.slice(-2));
    const result = graph.op('Gemm', [flat(left, a), flat(right, b)], {
      transA: transposeA ? 1 : 0,
      transB: transposeB ? 1 : 0,
    });
    return shape.length === 2 ? result : graph.reshape(result, shape);
  }
  if (!graph.portable) {
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return graph.op('FusedMatMul', [left, right], attributes, { domain: CONTRIB });
  }
  const swapped = (name: string, rank: number) => {
    const perm = Array.from({ length: rank }, (_, i) => i);
    [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
    return graph.op('Transpose', [name], { perm });
  };
  return graph.op('MatMul', [
    transposeA ? swapped(left, a.shape.length) : left,
    transposeB ? swapped(right, b.shape.length) : right,
  ]);
}

function floats(specs: readonly TensorSpec[]): boolean {
  return specs.every((spec) => spec.dtype === 'float32');
}

define(
  {
    name: 'BatchMatMul',
    supports: floats,
    limits: 'float32 only',
    outputs: (inputs, attrs) => [{ shape: productShape(inputs, attrs), dtype: 'float32' }],
    lower(graph, node) {
      const [a, b] = node.inputs as [Value, Value];
      const { transposeA, transposeB } = node.attrs as { transposeA: boolean; transposeB: boolean };
      const out = node.outputs[0]!;
      graph.define(out, product(graph, a, b, transposeA, transposeB, out.shape));
    },
  },
  {
    name: '_FusedMatMul',
    supports: floats,
    limits: 'float32 only',
    outputs: (inputs, attrs) => [{ shape: productShape(inputs, attrs), dtype: 'float32' }],
    lower(graph, node) {
      const [a, b] = node.inputs as [Value, Value];
      const { transposeA, transposeB } = node.attrs as { transposeA: boolean; transposeB: boolean };
      const out = node.outputs[0]!;
      let result = product(graph, a, b, transposeA, transposeB, out.shape);
      const bias = inputNamed(node, 'bias');
      if (bias !== undefined) result = graph.op('Add', [result, graph.ref(bias)]);
      graph.define(out, finish(graph, node, result));
    },
  },
);

function finish(graph: Lowering, node: GraphNode, x: string): string {
  const prelu = inputNamed(node, 'preluActivationWeights');
  const weights = prelu === undefined ? undefined : graph.ref(prelu);
  return activate(graph, x, node.attrs.activation ?? 'linear', weights, node.attrs.leakyreluAlpha);
}
