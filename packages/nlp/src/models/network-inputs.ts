/**
 * What a text network takes, made from what transformers.js gives a model: [N, T] numbers of tokens, padded on the right, and a
 * mask of the same shape. Everything is computed from the tensors, none of it from their sizes, which an export leaves open.
 */
import { tf } from '@attune/core';
import { UNKNOWN } from '../text/special-words.ts';

/** [N, T]; a text without words is one unknown word. */
export function singleInputs(ids: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  return neverEmpty(tf.mul(ids, mask), placesOf(ids));
}

export interface PairOptions {
  /** The number that parts the two texts; what follows another one is a word that is not known. */
  readonly separator: number;
  /** Words that are kept of each text. */
  readonly maxLength: number;
}

/** [N, 2, T] of a text, the separator and a second text, each moved to the beginning of its row. */
export function pairInputs(ids: tf.Tensor, mask: tf.Tensor, { separator, maxLength }: PairOptions): tf.Tensor {
  const places = placesOf(ids);
  const parting = tf.cast(tf.equal(ids, tf.scalar(separator, 'int32')), 'int32');
  const before = tf.cast(tf.equal(tf.cumsum(parting, 1), tf.scalar(0, 'int32')), 'int32');
  const behind = tf.cast(tf.greater(tf.cumsum(parting, 1, true), tf.scalar(0, 'int32')), 'int32');
  const words = tf.where(tf.cast(parting, 'bool'), tf.mul(tf.onesLike(ids), tf.scalar(UNKNOWN, 'int32')), ids);
  const kept = tf.cast(tf.less(places, tf.scalar(maxLength, 'int32')), 'int32');
  const first = tf.mul(tf.mul(words, mask), before);
  // As many places as are not behind the separator.
  const by = tf.sum(tf.sub(tf.scalar(1, 'int32'), behind), 1, true);
  const second = movedLeft(tf.mul(tf.mul(words, mask), behind), by, places);
  return tf.stack(
    [first, second].map((text) => neverEmpty(tf.mul(text, kept), places)),
    1,
  );
}

/** 0, 1, 2 ... in each row. */
function placesOf(ids: tf.Tensor): tf.Tensor {
  return tf.cumsum(tf.onesLike(ids), 1, true);
}

/** The text with an unknown word where it would have none. */
function neverEmpty(text: tf.Tensor, places: tf.Tensor): tf.Tensor {
  const atFirst = tf.cast(tf.equal(places, tf.scalar(0, 'int32')), 'int32');
  return tf.maximum(text, tf.mul(atFirst, tf.scalar(UNKNOWN, 'int32')));
}

/** Each row begins so many places [N, 1] later, and zeros follow. */
function movedLeft(rows: tf.Tensor, by: tf.Tensor, places: tf.Tensor): tf.Tensor {
  const flat = tf.reshape(rows, [-1]) as tf.Tensor1D;
  const flatPlaces = tf.cumsum(tf.onesLike(flat), 0, true);
  const from = tf.reshape(tf.add(tf.reshape(flatPlaces, rows.shape), by), [-1]);
  const last = tf.max(flatPlaces);
  const values = tf.reshape(tf.gather(flat, tf.minimum(from, last) as tf.Tensor1D), rows.shape);
  const inRow = tf.lessEqual(tf.add(places, by), tf.max(places));
  return tf.mul(values, tf.cast(inRow, 'int32'));
}
