/** Kernels that move elements between dimensions: blocks of space to the batch or the channels, diagonals, mirrors. */
import { backend_util, util } from '@tensorflow/tfjs-core';
import { invert, NCHW } from '../graph/permutation.ts';
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import { type Attrs, define } from './definition.ts';

function paddingsOf(x: TensorSpec, attrs: Attrs): [number, number][] {
  const rest = x.shape.slice(1 + attrs.blockShape.length).map((): [number, number] => [0, 0]);
  return [[0, 0], ...attrs.paddings, ...rest];
}

const paddedShape = (x: TensorSpec, attrs: Attrs) => {
  const paddings = paddingsOf(x, attrs);
  return x.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);
};

define(
  {
    name: 'SpaceToBatchND',
    supports: ([x]) => x!.dtype !== 'bool',
    limits: 'no bool',
    outputs: ([x], attrs) => {
      const shape = backend_util.getReshapedPermuted(
        paddedShape(x!, attrs),
        attrs.blockShape,
        sizeOf(attrs.blockShape),
        false,
      );
      return [{ shape, dtype: x!.dtype }];
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const { blockShape } = node.attrs as { blockShape: number[] };
      const paddings = paddingsOf(x, node.attrs);
      const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
      const ref = graph.ref(x);
      const padded = pads.every((pad) => pad === 0)
        ? ref
        : graph.op('Pad', [ref, graph.int64(pads), graph.scalar(0, x.dtype)]);
      const blocks = backend_util.getReshaped(paddedShape(x, node.attrs), blockShape, sizeOf(blockShape), false);
      const perm = backend_util.getPermuted(blocks.length, blockShape.length, false);
      const moved = graph.op('Transpose', [graph.reshape(padded, blocks)], { perm });
      graph.define(out, graph.reshape(moved, out.shape));
    },
  },
  {
    name: 'BatchToSpaceND',
    outputs: ([x], attrs) => {
      const { blockShape, crops } = attrs;
      const whole = backend_util.getReshapedPermuted([...x!.shape], blockShape, sizeOf(blockShape));
      const cropped = backend_util.getSliceSize(whole, crops, blockShape.length);
      return [{ shape: [...cropped, ...whole.slice(cropped.length)], dtype: x!.dtype }];
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const { blockShape, crops } = node.attrs as { blockShape: number[]; crops: number[][] };
      const blocks = backend_util.getReshaped([...x.shape], blockShape, sizeOf(blockShape));
      const perm = backend_util.getPermuted(blocks.length, blockShape.length);
      const whole = backend_util.getReshapedPermuted([...x.shape], blockShape, sizeOf(blockShape));
      const moved = graph.reshape(graph.op('Transpose', [graph.reshape(graph.ref(x), blocks)], { perm }), whole);
      if (whole.every((size, axis) => size === out.shape[axis])) return graph.define(out, moved);
      const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
      const end = begin.map((start, axis) => start + out.shape[axis]!);
      return graph.define(out, graph.op('Slice', [moved, graph.int64(begin), graph.int64(end)]));
    },
  },
  {
    name: 'DepthToSpace',
    outputs: ([x], attrs) => {
      util.assert(attrs.dataFormat === 'NHWC', () => `depthToSpace takes data format NHWC, not ${attrs.dataFormat}`);
      const [batch, height, width, depth] = x!.shape as [number, number, number, number];
      const block = attrs.blockSize as number;
      return [{ shape: [batch, height * block, width * block, depth / (block * block)], dtype: x!.dtype }];
    },
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const block = node.attrs.blockSize as number;
      if (x.dtype === 'float32' && graph.preferredLayout(x) !== null) {
        return graph.define(
          out,
          graph.op('DepthToSpace', [graph.ref(x, NCHW)], { blocksize: block, mode: 'DCR' }),
          NCHW,
        );
      }
      const [batch, height, width] = x.shape as [number, number, number];
      const blocks = graph.reshape(graph.ref(x), [batch, height, width, block, block, out.shape[3]!]);
      return graph.define(out, graph.reshape(graph.op('Transpose', [blocks], { perm: [0, 1, 3, 2, 4, 5] }), out.shape));
    },
  },
  {
    name: 'Diag',
    outputs: ([x]) => [{ shape: [...x!.shape, ...x!.shape], dtype: x!.dtype }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const out = node.outputs[0]!;
      const size = sizeOf(x.shape);
      const dtype = out.dtype === 'bool' ? 'int32' : out.dtype;
      const numbers = graph.tensor(
        'int32',
        Int32Array.from({ length: size }, (_, i) => i),
        [size],
      );
      const diagonal = graph.op('Equal', [graph.reshape(numbers, [size, 1]), numbers]);
      const ref = out.dtype === 'bool' ? graph.cast(graph.ref(x), dtype) : graph.ref(x);
      const square = graph.op('Where', [diagonal, graph.reshape(ref, [size, 1]), graph.scalar(0, dtype)]);
      const shaped = graph.reshape(square, out.shape);
      graph.define(out, out.dtype === 'bool' ? graph.cast(shaped, 'bool') : shaped);
    },
  },
  {
    name: 'FlipLeftRight',
    outputs: ([image]) => [{ shape: image!.shape, dtype: image!.dtype }],
    lower(graph, node) {
      const [image] = node.inputs as [Value];
      const layout = graph.preferredLayout(image);
      const axis = layout === null ? 2 : invert(layout)[2]!;
      const bounds = [-1, -(image.shape[2]! + 1), axis, -1].map((value) => graph.int64([value]));
      graph.define(node.outputs[0]!, graph.op('Slice', [graph.ref(image, layout), ...bounds]), layout);
    },
  },
  {
    name: 'BroadcastArgs',
    check: ([a, b]) => {
      if (a!.data !== null && b!.data !== null) backend_util.assertAndGetBroadcastShape([...a!.data], [...b!.data]);
    },
    outputs: ([a, b]) => [{ shape: [Math.max(a!.shape[0]!, b!.shape[0]!)], dtype: 'int32' }],
    lower(graph, node) {
      const out = node.outputs[0]!;
      const [a, b] = node.inputs.map((shape) => {
        const missing = out.shape[0]! - shape.shape[0]!;
        return missing === 0
          ? graph.ref(shape)
          : graph.op('Pad', [graph.ref(shape), graph.int64([missing, 0]), graph.scalar(1, 'int32')]);
      }) as [string, string];
      graph.define(out, graph.op('Where', [graph.op('Equal', [a, graph.scalar(1, 'int32')]), b, a]));
    },
  },
);
