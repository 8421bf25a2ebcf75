/**
 * Which positions of a batch are words. A text is its words first, then padding (0) up to the batch's length: no result of a
 * network may depend on how much of it there is.
 */
import { tf } from '@attune/core';

/**
 * 1 for a word, 0 for padding, in the shape of `inputs` [..., T].
 * @throws Error where a pass begins inside the network and its own input was not given.
 */
export function realWords(inputs: tf.Tensor | undefined): tf.Tensor {
  if (inputs === undefined) throw new Error('a pass that begins inside a text network needs the option `inputs`');
  return tf.cast(tf.greater(inputs, tf.scalar(0, 'int32')), 'float32');
}

/** Mean over the words of [N, T, C], or of [N, 2, T, C] over those of both texts: [N, C]. Without words it is 0. */
export function meanOfWords(map: tf.Tensor, words: tf.Tensor): tf.Tensor2D {
  const [count, channels] = [map.shape[0]!, map.shape.at(-1)!];
  const positions = map.shape.slice(1, -1).reduce((product, size) => product * size, 1);
  const flat = tf.reshape(words, [count, positions, 1]);
  const sum = tf.sum(tf.mul(tf.reshape(map, [count, positions, channels]), flat), 1);
  return tf.div(sum, tf.maximum(tf.sum(flat, 1), 1)) as tf.Tensor2D;
}

/** Largest value of each channel over the words of [N, T, C]: [N, C]. Without words it is 0. */
export function maxOfWords(map: tf.Tensor, words: tf.Tensor): tf.Tensor2D {
  const each = tf.expandDims(words, 2);
  const padding = tf.mul(tf.sub(each, 1), NEVER);
  return tf.mul(tf.max(tf.add(tf.mul(map, each), padding), 1), anyWord(words)) as tf.Tensor2D;
}

/** The values at the last word of [N, T, C]: [N, C]. Without words it is 0. */
export function lastOfWords(map: tf.Tensor, words: tf.Tensor): tf.Tensor2D {
  // Counted, and not compared with the next one: an export can leave the length open, not that and one more.
  const last = tf.equal(tf.cumsum(words, 1), tf.sum(words, 1, true));
  return tf.sum(tf.mul(map, tf.expandDims(tf.mul(words, last), 2)), 1) as tf.Tensor2D;
}

/** The values at the first position of [N, T, C]: [N, C]. Without words it is 0. */
export function firstOfWords(map: tf.Tensor, words: tf.Tensor): tf.Tensor2D {
  const [count, , channels] = map.shape as [number, number, number];
  return tf.mul(tf.reshape(tf.slice(map, [0, 0, 0], [count, 1, channels]), [count, channels]), anyWord(words));
}

/** Far below every activation, and still far from what would not be finite. */
const NEVER = 1e9;

/** [N, 1]: 0 where there is no word. */
function anyWord(words: tf.Tensor): tf.Tensor {
  return tf.slice(words, [0, 0], [words.shape[0]!, 1]);
}
