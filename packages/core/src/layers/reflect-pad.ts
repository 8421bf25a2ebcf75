/**
 * Reflection padding of images with its true gradient. tfjs's gradient of `mirrorPad` only cuts the padding off, so that
 * what was reflected adds nothing; here each reflected row and column is folded back onto the one that it came from.
 */
import { tf } from '../tensorflow.ts';

/** Pads [N, H, W, C] by `edge` reflected rows and columns on each side; `edge` is below half of H and of W. */
export function reflectPad(images: tf.Tensor4D, edge: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  if (!Number.isInteger(edge) || edge < 0 || 2 * edge >= Math.min(height, width)) {
    throw new RangeError(`edge is ${edge}, and must be a whole number from 0 to below half of ${height} x ${width}`);
  }
  if (edge === 0) return images;
  const padded = tf.customGrad((x) => {
    const around: [number, number] = [edge, edge];
    return {
      value: tf.mirrorPad(x as tf.Tensor4D, [[0, 0], around, around, [0, 0]], 'reflect'),
      gradFunc: (dy: tf.Tensor) => fold(fold(dy, 1, edge), 2, edge),
    };
  });
  return padded(images) as tf.Tensor4D;
}

/** Adds the reflected margins of one axis onto the rows they mirror, and cuts them off. */
function fold(dy: tf.Tensor, axis: number, edge: number): tf.Tensor {
  const length = dy.shape[axis]! - 2 * edge;
  const rows = (from: number, count: number) => {
    const [begin, size] = [dy.shape.map(() => 0), dy.shape.map(() => -1)];
    begin[axis] = from;
    size[axis] = count;
    return tf.slice(dy, begin, size);
  };
  const folded = (from: number, margin: number) => tf.add(rows(from, edge), tf.reverse(rows(margin, edge), axis));
  // In the smallest images both margins fall on the same rows.
  if (length < 2 * edge + 2) {
    const placed = (margin: number, before: number) => {
      const paddings = dy.shape.map((): [number, number] => [0, 0]);
      paddings[axis] = [before, length - edge - before];
      return tf.pad(tf.reverse(rows(margin, edge), axis), paddings);
    };
    return tf.addN([rows(edge, length), placed(0, 1), placed(length + edge, length - 1 - edge)]);
  }
  const parts = [
    rows(edge, 1),
    folded(edge + 1, 0),
    ...(length > 2 * edge + 2 ? [rows(2 * edge + 1, length - 2 * edge - 2)] : []),
  ];
  return tf.concat([...parts, folded(length - 1, length + edge), rows(length + edge - 1, 1)], axis);
}
