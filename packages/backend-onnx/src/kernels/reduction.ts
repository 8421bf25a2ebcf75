/** Reductions over axes, and what is built from them. */
import { util } from '@tensorflow/tfjs-core';
import { type DType, sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import { type Lowering, reduceLayout } from '../onnx/lowering.ts';
import { type Attrs, define, type KernelDefinition } from './definition.ts';

export function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((d, i) => (axes.includes(i) ? 1 : d));
  return shape.filter((_, i) => !axes.includes(i));
}

function axesOf(axis: number | number[] | undefined | null, shape: readonly number[]): number[] {
  return util.parseAxisParam((axis ?? [...shape.keys()]) as number | number[], [...shape]);
}

interface ReductionOptions {
  /** The dtype that is computed in; default: the input's. */
  readonly compute?: (dtype: DType) => DType;
  /** The output's dtype; default: that of `compute`. */
  readonly dtype?: (dtype: DType) => DType;
  readonly axis?: (attrs: Attrs) => number | number[] | undefined;
  /** The result over no elements at all. */
  readonly empty: number;
  /** One NaN makes the result NaN, which ONNX's operator does not say by itself. */
  readonly keepsNaN?: boolean;
}

function reduction(name: string, type: string, options: ReductionOptions): KernelDefinition {
  const compute = (dtype: DType) => options.compute?.(dtype) ?? dtype;
  const axis = (attrs: Attrs) => (options.axis === undefined ? attrs.axis : options.axis(attrs));
  return {
    name,
    outputs: ([x], attrs) => [
      {
        shape: reducedShape(x!.shape, axesOf(axis(attrs), x!.shape), attrs.keepDims === true),
        dtype: (options.dtype ?? compute)(x!.dtype),
      },
    ],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const axes = axesOf(axis(node.attrs), x.shape);
      if (sizeOf(x.shape) === 0) {
        return graph.define(out, graph.op('Expand', [graph.scalar(options.empty, out.dtype), graph.int64(out.shape)]));
      }
      const layout = graph.preferredLayout(x);
      const target = compute(x.dtype);
      const ref = graph.ref(x, layout);
      const input = x.dtype === target ? ref : graph.cast(ref, target);
      const reduced = reduceLayout(layout, axes, node.attrs.keepDims === true);
      let result = axes.length === 0 ? input : reduceOp(graph, type, input, reduced.axes, node.attrs.keepDims === true);
      if (options.keepsNaN === true && target === 'float32' && axes.length > 0) {
        // ONNX Runtime's maximum overlooks NaN. The sum of magnitudes is NaN exactly where an element is.
        const magnitude = reduceOp(graph, 'ReduceL1', input, reduced.axes, node.attrs.keepDims === true);
        result = graph.op('Where', [graph.op('IsNaN', [magnitude]), graph.scalar(Number.NaN), result]);
      }
      if (target !== out.dtype) result = graph.cast(result, out.dtype);
      graph.define(out, result, reduced.layout);
    },
  };
}

function reduceOp(graph: Lowering, type: string, x: string, axes: readonly number[], keepDims: boolean): string {
  return graph.op(type, [x, graph.int64(axes)], { keepdims: keepDims ? 1 : 0 });
}

const countable = (dtype: DType): DType => (dtype === 'bool' ? 'int32' : dtype);
const asInt = (): DType => 'int32';
const asBool = (): DType => 'bool';

define(
  reduction('Sum', 'ReduceSum', { compute: countable, empty: 0 }),
  reduction('Mean', 'ReduceMean', { compute: () => 'float32', empty: Number.NaN }),
  reduction('Prod', 'ReduceProd', { compute: countable, empty: 1 }),
  reduction('Max', 'ReduceMax', {
    compute: countable,
    dtype: (dtype) => dtype,
    axis: (attrs) => attrs.reductionIndices,
    empty: Number.NEGATIVE_INFINITY,
    keepsNaN: true,
  }),
  reduction('Min', 'ReduceMin', {
    compute: countable,
    dtype: (dtype) => dtype,
    empty: Number.POSITIVE_INFINITY,
    keepsNaN: true,
  }),
  reduction('All', 'ReduceMin', { compute: asInt, dtype: asBool, empty: 1 }),
  reduction('Any', 'ReduceMax', { compute: asInt, dtype: asBool, empty: 0 }),
);

function argReduction(name: string, type: string, worst: number): KernelDefinition {
  const axisOf = (attrs: Attrs, x: TensorSpec) => axesOf(attrs.axis, x.shape)[0]!;
  return {
    name,
    outputs: ([x], attrs) => [{ shape: x!.shape.filter((_, i) => i !== axisOf(attrs, x!)), dtype: 'int32' }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      let ref = x.dtype === 'bool' ? graph.cast(graph.ref(x), 'int32') : graph.ref(x);
      if (x.dtype === 'float32') ref = graph.op('Where', [graph.op('IsNaN', [ref]), graph.scalar(worst), ref]);
      const index = graph.op(type, [ref], { axis: axisOf(node.attrs, x), keepdims: 0 });
      graph.define(node.outputs[0]!, graph.cast(index, 'int32'));
    },
  };
}

define(
  // NaN is overlooked.
  argReduction('ArgMax', 'ArgMax', Number.NEGATIVE_INFINITY),
  argReduction('ArgMin', 'ArgMin', Number.POSITIVE_INFINITY),
  {
    name: 'Softmax',
    outputs: ([x]) => [{ shape: x!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const axis = node.attrs.dim as number;
      const ref = x.dtype === 'float32' ? graph.ref(x) : graph.cast(graph.ref(x), 'float32');
      graph.define(node.outputs[0]!, graph.op('Softmax', [ref], { axis: axis < 0 ? axis + x.shape.length : axis }));
    },
  },
);
