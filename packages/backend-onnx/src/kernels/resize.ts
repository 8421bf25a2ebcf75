/**
 * Resizing of images and its gradients, on NCHW data.
 *
 * Interpolation is linear, and separable: out = A x B' with one small constant matrix a dimension. Small images are
 * resized by those two products, whose gradients are the products with the transposed matrices; large ones by ONNX's
 * operator, whose time does not grow with the width.
 *
 * tfjs's own gradients leave `halfPixelCenters` out of account; these do not.
 */
import { NCHW } from '../graph/permutation.ts';
import type { Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { type Attrs, define } from './definition.ts';

/** Wider than this, the products cost more than ONNX's operator (measured: from 110 on). */
const MATRIX_WIDTH = 96;

interface Geometry {
  readonly batch: number;
  readonly channels: number;
  readonly inSize: readonly [number, number];
  readonly outSize: readonly [number, number];
}

function geometryOf(images: readonly number[], size: readonly number[]): Geometry {
  const [batch, height, width, channels] = images as [number, number, number, number];
  return { batch, channels, inSize: [height, width], outSize: [size[0]!, size[1]!] };
}

/** Where output position `i` reads its source, before any rounding. `nearest` centres are half a pixel further. */
function source(i: number, length: number, resized: number, attrs: Attrs, nearest: boolean): number {
  const aligned = attrs.alignCorners === true && resized > 1;
  const ratio = aligned ? (length - 1) / (resized - 1) : length / resized;
  if (attrs.halfPixelCenters !== true) return ratio * i;
  return nearest ? ratio * (i + 0.5) : ratio * (i + 0.5) - 0.5;
}

/** The source element of each output element. */
function nearestIndices(length: number, resized: number, attrs: Attrs): number[] {
  return Array.from({ length: resized }, (_, i) => {
    const at = source(i, length, resized, attrs, true);
    return Math.min(length - 1, attrs.alignCorners === true ? Math.round(at) : Math.floor(at));
  });
}

/** The matrix [resized, length] whose rows weigh the source elements; `transposed` gives [length, resized]. */
function weights(
  graph: Lowering,
  length: number,
  resized: number,
  attrs: Attrs,
  kind: 'linear' | 'nearest',
  transposed: boolean,
): string {
  const matrix = new Float32Array(resized * length);
  const add = (row: number, column: number, weight: number) => {
    matrix[transposed ? column * resized + row : row * length + column]! += weight;
  };
  if (kind === 'nearest') for (const [i, index] of nearestIndices(length, resized, attrs).entries()) add(i, index, 1);
  else {
    for (let i = 0; i < resized; i++) {
      const at = source(i, length, resized, attrs, false);
      const low = Math.max(0, Math.floor(at));
      const fraction = at - low;
      add(i, low, 1 - fraction);
      add(i, Math.min(length - 1, Math.ceil(at)), fraction);
    }
  }
  return graph.tensor('float32', matrix, transposed ? [length, resized] : [resized, length]);
}

const same = (g: Geometry) => g.inSize.every((size, axis) => size === g.outSize[axis]);

/** A x B' of every channel; dimensions that keep their length and their weights are left out. */
function product(
  graph: Lowering,
  x: string,
  g: Geometry,
  attrs: Attrs,
  kind: 'linear' | 'nearest',
  gradient: boolean,
): string {
  const [rows, columns] = [0, 1].map((axis) => g.inSize[axis] !== g.outSize[axis]);
  let result = x;
  if (rows) result = graph.op('MatMul', [weights(graph, g.inSize[0], g.outSize[0], attrs, kind, gradient), result]);
  if (columns) result = graph.op('MatMul', [result, weights(graph, g.inSize[1], g.outSize[1], attrs, kind, !gradient)]);
  return result;
}

function operator(graph: Lowering, x: string, g: Geometry, attributes: Record<string, string>): string {
  return graph.op('Resize', [x, '', '', graph.int64([g.batch, g.channels, ...g.outSize])], attributes);
}

function floatRef(graph: Lowering, value: Value): string {
  const ref = graph.ref(value, NCHW);
  return value.dtype === 'float32' ? ref : graph.cast(ref, 'float32');
}

define(
  {
    name: 'ResizeBilinear',
    outputs: ([images], attrs) => [{ shape: [images!.shape[0]!, ...attrs.size, images!.shape[3]!], dtype: 'float32' }],
    lower(graph, node) {
      const [images] = node.inputs as [Value];
      const { attrs } = node;
      const g = geometryOf(images.shape, attrs.size);
      const x = floatRef(graph, images);
      const mode =
        attrs.alignCorners === true ? 'align_corners' : attrs.halfPixelCenters === true ? 'half_pixel' : 'asymmetric';
      const small = g.inSize[1] <= MATRIX_WIDTH && g.inSize[0] <= MATRIX_WIDTH && !graph.portable;
      const result = same(g)
        ? x
        : small
          ? product(graph, x, g, attrs, 'linear', false)
          : operator(graph, x, g, { mode: 'linear', coordinate_transformation_mode: mode });
      graph.define(node.outputs[0]!, result, NCHW);
    },
  },
  {
    name: 'ResizeBilinearGrad',
    // tfjs's cpu kernel leaves `halfPixelCenters` out, and exchanges height and width.
    internal: true,
    supports: (specs) => specs.every((spec) => spec.dtype === 'float32'),
    limits: 'float32 only',
    outputs: ([, images]) => [{ shape: images!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, images] = node.inputs as [Value, Value];
      const { attrs } = node;
      const g = geometryOf(images.shape, dy.shape.slice(1, 3));
      const gradient = graph.ref(dy, NCHW);
      const doubled = attrs.halfPixelCenters === true && g.inSize.every((size, axis) => g.outSize[axis] === 2 * size);
      const result =
        doubled && g.inSize[1] >= 32
          ? doubledGradient(graph, gradient, g)
          : product(graph, gradient, g, attrs, 'linear', true);
      graph.define(node.outputs[0]!, result, NCHW);
    },
  },
  {
    name: 'ResizeNearestNeighbor',
    supports: ([images]) => images!.dtype !== 'bool',
    limits: 'no bool',
    outputs: ([images], attrs) => [
      { shape: [images!.shape[0]!, ...attrs.size, images!.shape[3]!], dtype: images!.dtype },
    ],
    lower(graph, node) {
      const [images] = node.inputs as [Value];
      const { attrs } = node;
      const g = geometryOf(images.shape, attrs.size);
      let result = graph.ref(images, NCHW);
      const whole = attrs.alignCorners !== true && g.outSize.every((size, axis) => size % g.inSize[axis]! === 0);
      if (whole && !same(g)) {
        result = operator(graph, result, g, {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        });
      } else {
        for (const axis of [0, 1] as const) {
          const indices = nearestIndices(g.inSize[axis], g.outSize[axis], attrs);
          if (indices.length === g.inSize[axis] && indices.every((index, i) => index === i)) continue;
          result = graph.op('Gather', [result, graph.int64(indices)], { axis: axis + 2 });
        }
      }
      graph.define(node.outputs[0]!, result, NCHW);
    },
  },
  {
    name: 'ResizeNearestNeighborGrad',
    // tfjs's cpu kernel leaves `halfPixelCenters` out.
    internal: true,
    supports: (specs) => specs.every((spec) => spec.dtype === 'float32'),
    limits: 'float32 only',
    outputs: ([, images]) => [{ shape: images!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [dy, images] = node.inputs as [Value, Value];
      const { attrs } = node;
      const g = geometryOf(images.shape, dy.shape.slice(1, 3));
      const gradient = graph.ref(dy, NCHW);
      const factors = g.outSize.map((size, axis) => size / g.inSize[axis]!);
      const whole = attrs.alignCorners !== true && factors.every(Number.isInteger);
      const [height, width] = g.inSize;
      // A whole number of output pixels stands for each input pixel: add them up.
      const result = whole
        ? graph.op(
            'ReduceSum',
            [
              graph.reshape(gradient, [g.batch, g.channels, height, factors[0]!, width, factors[1]!]),
              graph.int64([3, 5]),
            ],
            { keepdims: 0 },
          )
        : product(graph, gradient, g, attrs, 'nearest', true);
      graph.define(node.outputs[0]!, result, NCHW);
    },
  },
);

/**
 * The gradient of doubling by half-pixel centres: each input pixel weighs 1/4, 3/4, 3/4, 1/4 of the four output pixels
 * around it, with the edges repeated. A depthwise convolution does that in one pass.
 */
function doubledGradient(graph: Lowering, dy: string, g: Geometry): string {
  const padded = graph.op('Pad', [dy, graph.int64([0, 0, 1, 1, 0, 0, 1, 1])], { mode: 'edge' });
  const taps = [0.25, 0.75, 0.75, 0.25];
  const kernel = taps.flatMap((row) => taps.map((column) => row * column));
  const filter = Float32Array.from({ length: g.channels * 16 }, (_, i) => kernel[i % 16]!);
  return graph.op('Conv', [padded, graph.tensor('float32', filter, [g.channels, 1, 4, 4])], {
    group: g.channels,
    kernel_shape: [4, 4],
    strides: [2, 2],
  });
}
