/**
 * Kernels that read images at computed places: crops of boxes, projective transforms, rotations. Images are tables of
 * pixels here, one row a pixel, with one more row for what lies outside.
 */
import { backend_util } from '@tensorflow/tfjs-core';
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { define } from './definition.ts';

/** Shorthands for arithmetic on named tensors. */
function arithmetic(graph: Lowering) {
  const binary = (type: string) => (a: string, b: string) => graph.op(type, [a, b]);
  return {
    add: binary('Add'),
    subtract: binary('Sub'),
    multiply: binary('Mul'),
    divide: binary('Div'),
    and: binary('And'),
    less: binary('Less'),
    atMost: binary('LessOrEqual'),
    where: (condition: string, yes: string, no: string) => graph.op('Where', [condition, yes, no]),
    floor: (a: string) => graph.op('Floor', [a]),
    number: (value: number) => graph.scalar(value),
    /** Halves go up, as in JavaScript. */
    round: (a: string) => graph.op('Floor', [graph.op('Add', [a, graph.scalar(0.5)])]),
  };
}

/** Numbers 0, 1, ... along one of `rank` dimensions. */
function range(graph: Lowering, length: number, axis: number, rank: number): string {
  const dims = new Array<number>(rank).fill(1);
  dims[axis] = length;
  return graph.tensor(
    'float32',
    Float32Array.from({ length }, (_, i) => i),
    dims,
  );
}

interface PixelTable {
  readonly rows: string;
  readonly height: number;
  readonly width: number;
  /** Number of the row that stands for what lies outside. */
  readonly outside: number;
}

function pixelTable(graph: Lowering, image: Value, fill: number): PixelTable {
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const ref = image.dtype === 'float32' ? graph.ref(image) : graph.cast(graph.ref(image), 'float32');
  const pixels = graph.reshape(ref, [batch * height * width, channels]);
  const last = graph.op('Expand', [graph.scalar(fill), graph.int64([1, channels])]);
  return { rows: graph.op('Concat', [pixels, last], { axis: 0 }), height, width, outside: batch * height * width };
}

/** The pixels at whole coordinates, [..., C]; `first` is the number of each sample's first row. */
function readPixels(graph: Lowering, table: PixelTable, first: string, y: string, x: string, allowed?: string): string {
  const { and, less, atMost, where, number } = arithmetic(graph);
  const within = (at: string, size: number) => and(atMost(number(0), at), less(at, number(size)));
  const inside = and(within(y, table.height), within(x, table.width));
  const valid = allowed === undefined ? inside : and(inside, allowed);
  // Coordinates outside may be anything, NaN included, and have no integer form.
  const whole = (at: string) => graph.cast(where(valid, at, number(0)), 'int32');
  const row = graph.op('Add', [graph.op('Mul', [whole(y), graph.scalar(table.width, 'int32')]), whole(x)]);
  const index = where(valid, graph.op('Add', [row, first]), graph.scalar(table.outside, 'int32'));
  return graph.op('Gather', [table.rows, index], { axis: 0 });
}

/** Interpolates between the four pixels around (y, x). */
function bilinear(graph: Lowering, table: PixelTable, first: string, y: string, x: string, allowed?: string): string {
  const { add, subtract, multiply, floor, number } = arithmetic(graph);
  const [top, left] = [floor(y), floor(x)];
  const [bottom, right] = [add(top, number(1)), add(left, number(1))];
  const weight = (part: string) => graph.op('Unsqueeze', [part, graph.int64([-1])]);
  const [down, across] = [weight(subtract(y, top)), weight(subtract(x, left))];
  const mixed = (a: string, b: string, share: string) =>
    add(multiply(a, subtract(number(1), share)), multiply(b, share));
  const read = (row: string, column: string) => readPixels(graph, table, first, row, column, allowed);
  return mixed(
    mixed(read(top, left), read(top, right), across),
    mixed(read(bottom, left), read(bottom, right), across),
    down,
  );
}

/** The number of each sample's first row, [N, 1, 1]. */
function firstRows(graph: Lowering, batch: number, pixels: number): string {
  return graph.tensor(
    'int32',
    Int32Array.from({ length: batch }, (_, i) => i * pixels),
    [batch, 1, 1],
  );
}

define(
  {
    name: 'CropAndResize',
    outputs: ([image, boxes], attrs) => [
      { shape: [boxes!.shape[0]!, ...attrs.cropSize, image!.shape[3]!], dtype: 'float32' },
    ],
    lower(graph, node) {
      const [image, boxes, boxInd] = node.inputs as [Value, Value, Value];
      const out = node.outputs[0]!;
      const [count, cropHeight, cropWidth] = out.shape as [number, number, number];
      if (sizeOf(out.shape) === 0)
        return graph.define(out, graph.op('Expand', [graph.scalar(0), graph.int64(out.shape)]));
      const { add, subtract, multiply, and, less, atMost, where, number, round } = arithmetic(graph);
      const table = pixelTable(graph, image, node.attrs.extrapolationValue);
      const box = graph.ref(boxes);
      const corner = (i: number) =>
        graph.reshape(graph.op('Slice', [box, ...[i, i + 1, 1].map((value) => graph.int64([value]))]), [count, 1, 1]);
      const places = (from: string, to: string, size: number, crop: number, axis: number) => {
        if (crop === 1) return multiply(multiply(add(from, to), number(0.5)), number(size - 1));
        const step = multiply(subtract(to, from), number((size - 1) / (crop - 1)));
        return add(multiply(from, number(size - 1)), multiply(range(graph, crop, axis, 3), step));
      };
      const y = places(corner(0), corner(2), table.height, cropHeight, 1);
      const x = places(corner(1), corner(3), table.width, cropWidth, 2);
      const within = (at: string, size: number) => and(atMost(number(0), at), atMost(at, number(size - 1)));
      const inside = and(within(y, table.height), within(x, table.width));
      // A box of an image that is not there stays 0.
      const sample = graph.reshape(graph.ref(boxInd), [count, 1, 1]);
      const exists = less(sample, graph.scalar(image.shape[0]!, 'int32'));
      const first = graph.op('Mul', [
        where(exists, sample, graph.scalar(0, 'int32')),
        graph.scalar(table.height * table.width, 'int32'),
      ]);
      const full = (at: string) => graph.op('Expand', [at, graph.int64([count, cropHeight, cropWidth])]);
      const [fullY, fullX] = [full(y), full(x)];
      const pixels =
        node.attrs.method === 'bilinear'
          ? bilinear(graph, table, first, fullY, fullX, inside)
          : readPixels(graph, table, first, round(fullY), round(fullX), inside);
      const column = (mask: string) => graph.op('Unsqueeze', [mask, graph.int64([-1])]);
      const extrapolated = where(column(inside), pixels, number(node.attrs.extrapolationValue));
      return graph.define(out, where(column(exists), extrapolated, number(0)));
    },
  },
  {
    name: 'Transform',
    // tfjs's cpu kernel transforms the first image of a batch alone.
    internal: true,
    supports: ([image]) => image!.dtype === 'float32',
    limits: 'float32 only',
    outputs: ([image], attrs) => {
      const [batch, height, width, channels] = image!.shape as [number, number, number, number];
      return [
        { shape: [batch, ...(attrs.outputShape ?? [height, width]), channels], dtype: 'float32' },
      ] satisfies TensorSpec[];
    },
    lower(graph, node) {
      const [image, transforms] = node.inputs as [Value, Value];
      const out = node.outputs[0]!;
      const [batch, outHeight, outWidth] = out.shape as [number, number, number];
      const { interpolation, fillMode, fillValue } = node.attrs;
      const { add, multiply, divide, where, number, round } = arithmetic(graph);
      const table = pixelTable(graph, image, fillValue);
      const ref = graph.ref(transforms);
      const entry = (i: number) =>
        graph.reshape(graph.op('Slice', [ref, ...[i, i + 1, 1].map((value) => graph.int64([value]))]), [
          transforms.shape[0]!,
          1,
          1,
        ]);
      const [rows, columns] = [range(graph, outHeight, 1, 3), range(graph, outWidth, 2, 3)];
      const plane = (i: number, rest: string) =>
        add(add(multiply(entry(i), columns), multiply(entry(i + 1), rows)), rest);
      const projection = plane(6, number(1));
      const mapped = (i: number, size: number) => {
        const at = mapCoordinate(graph, divide(plane(i, entry(i + 2)), projection), size, fillMode);
        return graph.op('Expand', [at, graph.int64([batch, outHeight, outWidth])]);
      };
      const [x, y] = [mapped(0, table.width), mapped(3, table.height)];
      const first = firstRows(graph, batch, table.height * table.width);
      const pixels =
        interpolation === 'bilinear'
          ? bilinear(graph, table, first, y, x)
          : readPixels(graph, table, first, round(y), round(x));
      // Coordinates at infinity lie outside the image.
      const infinite = graph.op('Unsqueeze', [graph.op('Equal', [projection, number(0)]), graph.int64([-1])]);
      graph.define(out, where(infinite, number(fillValue), pixels));
    },
  },
  {
    name: 'RotateWithOffset',
    supports: ([image], attrs) =>
      image!.dtype === 'float32' && (typeof attrs.fillValue === 'number' || image!.shape[3]! <= 4),
    limits: 'float32 only',
    outputs: ([image]) => [{ shape: image!.shape, dtype: image!.dtype }],
    lower(graph, node) {
      // The angle is an attribute, so that the place of every pixel is known already.
      const [image] = node.inputs as [Value];
      const [batch, height, width, channels] = image.shape as [number, number, number, number];
      const { radians, fillValue, center } = node.attrs as {
        radians: number;
        fillValue: number | number[];
        center: number | [number, number];
      };
      const [centerX, centerY] = backend_util.getImageCenter(center, height, width);
      const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
      const indices = Int32Array.from({ length: height * width }, (_, i) => {
        const [dx, dy] = [(i % width) - centerX, Math.floor(i / width) - centerY];
        const x = Math.round(dx * cosine - dy * sine + centerX);
        const y = Math.round(dx * sine + dy * cosine + centerY);
        return x >= 0 && x < width && y >= 0 && y < height ? y * width + x : height * width;
      });
      // A fill colour has no alpha: that is opaque.
      const fill = Float32Array.from({ length: channels }, (_, channel) =>
        typeof fillValue === 'number' ? fillValue : channel === 3 ? 255 : fillValue[channel]!,
      );
      const outside = graph.op('Expand', [
        graph.tensor('float32', fill, [1, 1, channels]),
        graph.int64([batch, 1, channels]),
      ]);
      const pixels = graph.op('Concat', [graph.reshape(graph.ref(image), [batch, height * width, channels]), outside], {
        axis: 1,
      });
      const rotated = graph.op('Gather', [pixels, graph.tensor('int32', indices, [height * width])], { axis: 1 });
      graph.define(node.outputs[0]!, graph.reshape(rotated, image.shape));
    },
  },
);

/** Brings a coordinate into the image, by tfjs's (and TensorFlow's) four modes. */
function mapCoordinate(graph: Lowering, at: string, size: number, mode: string): string {
  const { add, subtract, multiply, divide, less, where, floor, number } = arithmetic(graph);
  const clamped = (name: string) => graph.op('Clip', [name, number(0), number(size - 1)]);
  const remainder = (name: string, by: number) => subtract(name, multiply(floor(divide(name, number(by))), number(by)));
  if (mode === 'nearest') return clamped(at);
  if (mode === 'reflect') {
    // [dcba|abcd|dcba]
    const folded = remainder(at, 2 * size);
    return clamped(where(less(folded, number(size)), folded, subtract(number(2 * size - 1), folded)));
  }
  if (mode === 'wrap') {
    // [abcd|abcd|abcd], by whole lengths counted in steps of one less, as the original does.
    if (size <= 1) return multiply(at, number(0));
    const rounds = (name: string) => floor(divide(name, number(size - 1)));
    const below = add(at, multiply(add(rounds(graph.op('Neg', [at])), number(1)), number(size)));
    const above = subtract(at, multiply(rounds(at), number(size)));
    const beyond = less(number(size - 1), at);
    return clamped(where(less(at, number(0)), below, where(beyond, above, at)));
  }
  return at;
}
