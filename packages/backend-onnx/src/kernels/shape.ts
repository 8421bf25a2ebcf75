/** Kernels that move, repeat, cut and join elements. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import { invert, normalise } from '../graph/permutation.ts';
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { type Attrs, define, type KernelDefinition } from './definition.ts';

/** The kernel that the backend itself records wherever a tensor's shape differs from its value's. */
export const reshape: KernelDefinition = {
  name: 'Reshape',
  outputs: ([x], attrs) => [{ shape: attrs.shape as number[], dtype: x!.dtype }],
  lower(graph, node) {
    const [x] = node.inputs as [Value];
    const out = node.outputs[0]!;
    // Without elements of any other dimension the layouts agree, and nothing has to be transposed first.
    const layout = graph.preferredLayout(x);
    const long = (shape: readonly number[]) => shape.filter((d) => d !== 1).length;
    const source = layout !== null && long(x.shape) <= 1 ? graph.ref(x, layout) : graph.ref(x);
    graph.define(out, graph.reshape(source, out.shape));
  },
};

/** Concat, Pad and others know no bools everywhere; they travel as integers. */
function viaInt(graph: Lowering, x: Value, body: (ref: string) => string): string {
  if (x.dtype !== 'bool') return body(graph.ref(x));
  return graph.cast(body(graph.cast(graph.ref(x), 'int32')), 'bool');
}

function concatShape(inputs: readonly TensorSpec[], attrs: Attrs): { shape: number[]; axis: number } {
  const axis = util.parseAxisParam(attrs.axis as number, [...inputs[0]!.shape])[0]!;
  const shapes = inputs.map((input) => [...input.shape]);
  backend_util.assertParamsConsistent(shapes, axis);
  return { shape: backend_util.computeOutShape(shapes, axis), axis };
}

function paddedShape(shape: readonly number[], paddings: readonly (readonly [number, number])[]): number[] {
  return shape.map((d, i) => d + paddings[i]![0] + paddings[i]![1]);
}

function splitSizes(x: TensorSpec, attrs: Attrs): { sizes: number[]; axis: number } {
  const axis = util.parseAxisParam(attrs.axis as number, [...x.shape])[0]!;
  const probe = { shape: [...x.shape] } as unknown as Parameters<typeof backend_util.prepareSplitSize>[0];
  return { sizes: backend_util.prepareSplitSize(probe, attrs.numOrSizeSplits, axis), axis };
}

define(
  {
    name: 'Transpose',
    outputs: ([x], attrs) => [{ shape: (attrs.perm as number[]).map((axis) => x!.shape[axis]!), dtype: x!.dtype }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      // A transposed tensor is the same data in another layout: no operator is needed until somebody wants it in order.
      // Logical axis j of the output is axis perm[j] of x, so data stored by `layout` holds output axis perm^-1[layout[i]].
      const layout = graph.preferredLayout(x) ?? [...x.shape.keys()];
      const inverse = invert(node.attrs.perm as number[]);
      graph.define(out, graph.ref(x, normalise(layout)), normalise(layout.map((axis) => inverse[axis]!)));
    },
  },
  {
    name: 'Concat',
    outputs: (inputs, attrs) => [{ shape: concatShape(inputs, attrs).shape, dtype: inputs[0]!.dtype }],
    lower(graph, node) {
      const out = node.outputs[0]!;
      const { axis } = concatShape(node.inputs, node.attrs);
      const parts = node.inputs.filter((input) => sizeOf(input.shape) > 0);
      if (parts.length === 0) return graph.define(out, graph.ref(node.inputs[0]!));
      const layout = out.dtype === 'bool' ? null : graph.elementwiseLayout(parts, out.shape.length);
      const physical = layout === null ? axis : invert(layout)[axis]!;
      const refs = parts.map((part) => graph.ref(part, layout));
      if (out.dtype === 'bool') {
        const joined = graph.op(
          'Concat',
          refs.map((ref) => graph.cast(ref, 'int32')),
          { axis },
        );
        return graph.define(out, graph.cast(joined, 'bool'));
      }
      return graph.define(out, refs.length === 1 ? refs[0]! : graph.op('Concat', refs, { axis: physical }), layout);
    },
  },
  {
    name: 'Pack',
    outputs: (inputs, attrs) => {
      const shape = [...inputs[0]!.shape];
      for (const input of inputs) {
        util.assertShapesMatch(shape, [...input.shape], 'All tensors passed to stack must have matching shapes');
        util.assert(input.dtype === inputs[0]!.dtype, () => 'All tensors passed to stack must have matching dtypes');
      }
      const axis = (attrs.axis as number) < 0 ? (attrs.axis as number) + shape.length + 1 : (attrs.axis as number);
      shape.splice(axis, 0, inputs.length);
      return [{ shape, dtype: inputs[0]!.dtype }];
    },
    lower(graph, node) {
      const out = node.outputs[0]!;
      const rank = out.shape.length;
      const axis = (node.attrs.axis as number) < 0 ? (node.attrs.axis as number) + rank : (node.attrs.axis as number);
      const unit = out.shape.map((d, i) => (i === axis ? 1 : d));
      const refs = node.inputs.map((input) => {
        const ref = graph.reshape(graph.ref(input), unit);
        return out.dtype === 'bool' ? graph.cast(ref, 'int32') : ref;
      });
      const joined = graph.op('Concat', refs, { axis });
      graph.define(out, out.dtype === 'bool' ? graph.cast(joined, 'bool') : joined);
    },
  },
  {
    name: 'Unpack',
    outputs: ([x], attrs) => {
      const axis = (attrs.axis as number) < 0 ? (attrs.axis as number) + x!.shape.length : (attrs.axis as number);
      const shape = x!.shape.filter((_, i) => i !== axis);
      return Array.from({ length: x!.shape[axis]! }, () => ({ shape, dtype: x!.dtype }));
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const axis =
        (node.attrs.axis as number) < 0 ? (node.attrs.axis as number) + x.shape.length : (node.attrs.axis as number);
      const ref = graph.ref(x);
      for (const [i, out] of node.outputs.entries()) {
        const index = graph.tensor('int64', BigInt64Array.of(BigInt(i)), []);
        graph.define(out, graph.op('Gather', [ref, index], { axis }));
      }
    },
  },
  {
    name: 'SplitV',
    outputs: ([x], attrs) => {
      const { sizes, axis } = splitSizes(x!, attrs);
      return sizes.map((size) => ({ shape: x!.shape.map((d, i) => (i === axis ? size : d)), dtype: x!.dtype }));
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const { sizes, axis } = splitSizes(x, node.attrs);
      const source = x.dtype === 'bool' ? graph.cast(graph.ref(x), 'int32') : graph.ref(x);
      const parts = graph.ops('Split', [source, graph.int64(sizes)], { axis }, { outputs: sizes.length });
      for (const [i, out] of node.outputs.entries()) {
        graph.define(out, x.dtype === 'bool' ? graph.cast(parts[i]!, 'bool') : parts[i]!);
      }
    },
  },
  {
    name: 'Slice',
    outputs: ([x], attrs) => {
      const [, size] = slice_util.parseSliceParams({ shape: [...x!.shape] } as never, attrs.begin, attrs.size);
      slice_util.assertParamsValid(
        { shape: [...x!.shape], rank: x!.shape.length } as never,
        slice_util.parseSliceParams({ shape: [...x!.shape] } as never, attrs.begin, attrs.size)[0],
        size,
      );
      return [{ shape: size, dtype: x!.dtype }];
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const [begin, size] = slice_util.parseSliceParams(
        { shape: [...x.shape] } as never,
        node.attrs.begin,
        node.attrs.size,
      );
      const layout = graph.preferredLayout(x);
      const cut = [...x.shape.keys()].filter((axis) => begin[axis] !== 0 || size[axis] !== x.shape[axis]);
      const source = graph.ref(x, layout);
      if (cut.length === 0) return graph.define(out, source, layout);
      const position = layout === null ? null : invert(layout);
      const axes = cut.map((axis) => position?.[axis] ?? axis);
      const inputs = [
        source,
        graph.int64(cut.map((axis) => begin[axis]!)),
        graph.int64(cut.map((axis) => begin[axis]! + size[axis]!)),
        graph.int64(axes),
      ];
      return graph.define(out, graph.op('Slice', inputs), layout);
    },
  },
  {
    name: 'StridedSlice',
    outputs: ([x], attrs) => [{ shape: stridedInfo(x!, attrs).finalShape, dtype: x!.dtype }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const { begin, end, strides } = stridedInfo(x, node.attrs);
      if (sizeOf(out.shape) === 0) {
        return graph.define(out, graph.op('Expand', [graph.scalar(0, out.dtype), graph.int64(out.shape)]));
      }
      // Counting down to before the first element is written as an end below -dimension.
      const ends = end.map((e, i) => (strides[i]! < 0 && e < 0 ? -(x.shape[i]! + 1) : e));
      const axes = [...x.shape.keys()];
      const cut = graph.op('Slice', [
        graph.ref(x),
        graph.int64(begin),
        graph.int64(ends),
        graph.int64(axes),
        graph.int64(strides),
      ]);
      return graph.define(out, graph.reshape(cut, out.shape));
    },
  },
  {
    name: 'PadV2',
    outputs: ([x], attrs) => [{ shape: paddedShape(x!.shape, attrs.paddings), dtype: x!.dtype }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const paddings = node.attrs.paddings as [number, number][];
      const layout = x.dtype === 'bool' ? null : graph.preferredLayout(x);
      const ordered = layout === null ? paddings : layout.map((axis) => paddings[axis]!);
      const pads = graph.int64([...ordered.map((p) => p[0]), ...ordered.map((p) => p[1])]);
      if (sizeOf(x.shape) === 0) {
        return graph.define(
          out,
          graph.op('Expand', [graph.scalar(node.attrs.constantValue, out.dtype), graph.int64(out.shape)]),
        );
      }
      if (x.dtype === 'bool') {
        return graph.define(
          out,
          viaInt(graph, x, (ref) => graph.op('Pad', [ref, pads, graph.scalar(node.attrs.constantValue, 'int32')])),
        );
      }
      const value = graph.scalar(node.attrs.constantValue, x.dtype);
      return graph.define(out, graph.op('Pad', [graph.ref(x, layout), pads, value]), layout);
    },
  },
  {
    name: 'MirrorPad',
    outputs: ([x], attrs) => [{ shape: paddedShape(x!.shape, attrs.paddings), dtype: x!.dtype }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const paddings = node.attrs.paddings as [number, number][];
      const layout = graph.preferredLayout(x);
      if (node.attrs.mode === 'reflect' && x.dtype !== 'bool') {
        const ordered = layout === null ? paddings : layout.map((axis) => paddings[axis]!);
        const pads = graph.int64([...ordered.map((p) => p[0]), ...ordered.map((p) => p[1])]);
        return graph.define(out, graph.op('Pad', [graph.ref(x, layout), pads], { mode: 'reflect' }), layout);
      }
      // The symmetric mode repeats the edge itself, which ONNX has no mode for: gather mirrored indices axis by axis.
      let ref = graph.ref(x);
      for (const [axis, [before, after]] of paddings.entries()) {
        if (before === 0 && after === 0) continue;
        ref = graph.op('Gather', [ref, graph.int64(mirrored(x.shape[axis]!, before, after, node.attrs.mode))], {
          axis,
        });
      }
      return graph.define(out, ref);
    },
  },
  {
    name: 'Tile',
    outputs: ([x], attrs) => [{ shape: x!.shape.map((d, i) => d * (attrs.reps as number[])[i]!), dtype: x!.dtype }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const layout = graph.preferredLayout(x);
      const reps = node.attrs.reps as number[];
      const ordered = layout === null ? reps : layout.map((axis) => reps[axis]!);
      const ref = graph.ref(x, layout);
      // Repeating dimensions of length 1 is a broadcast.
      const broadcast = reps.every((rep, axis) => rep === 1 || x.shape[axis] === 1);
      const repeated = broadcast
        ? graph.op('Expand', [ref, graph.int64(ordered)])
        : graph.op('Tile', [ref, graph.int64(ordered)]);
      graph.define(node.outputs[0]!, repeated, layout);
    },
  },
  {
    name: 'Reverse',
    outputs: ([x], attrs) => {
      util.parseAxisParam(attrs.dims as number | number[], [...x!.shape]);
      return [{ shape: x!.shape, dtype: x!.dtype }];
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const axes = util.parseAxisParam(node.attrs.dims as number | number[], [...x.shape]);
      const ref = graph.ref(x);
      if (axes.length === 0 || sizeOf(x.shape) === 0) return graph.define(node.outputs[0]!, ref);
      const inputs = [
        ref,
        graph.int64(axes.map(() => -1)),
        graph.int64(axes.map((axis) => -(x.shape[axis]! + 1))),
        graph.int64(axes),
        graph.int64(axes.map(() => -1)),
      ];
      return graph.define(node.outputs[0]!, graph.op('Slice', inputs));
    },
  },
);

function stridedInfo(x: TensorSpec, attrs: Attrs) {
  return slice_util.sliceInfo(
    [...x.shape],
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  );
}

/** Indices of the elements of a mirrored axis. */
function mirrored(length: number, before: number, after: number, mode: string): number[] {
  const offset = mode === 'reflect' ? 0 : 1;
  return Array.from({ length: before + length + after }, (_, i) => {
    const at = i - before;
    if (at < 0) return -at - offset;
    return at < length ? at : 2 * (length - 1) - at + offset;
  });
}
