/**
 * A convolution over the words of a text and the maximum over time: Collobert et al. 2011, arXiv:1103.0398, section 3.2. It
 * is a wide one (Kalchbrenner et al. 2014, arXiv:1404.2188): every window that holds a word counts, those that reach over the
 * ends too, so that a text that is shorter than the window has windows as well.
 */
import { tf } from '@attune/core';
import { convolution, type Initialiser, type TrunkLayer } from '@attune/zoo';
import { realWords } from './real-words.ts';

export interface WordConvolutionOptions {
  /** Length of a word's vector. */
  readonly from: number;
  /** Number of maps. */
  readonly maps: number;
  /** Words in a window. */
  readonly window: number;
}

/**
 * [N, T, E] to [N, maps], rectified; of pairs [N, 2, T, E] to [N, 2 maps], both texts by the same maps. Parameters
 * `name.weight` [1, window, E, maps] and `name.bias` [maps]. A text without words gives zeros.
 */
export function wordConvolution(init: Initialiser, name: string, options: WordConvolutionOptions): TrunkLayer {
  const { from, maps, window } = options;
  const over = window - 1;
  const inner = convolution(init, name, from, maps, { kernel: [1, window], padding: [0, over] });
  return {
    parameters: inner.parameters,
    apply(x, training, inputs) {
      const [count, length] = [x.shape[0]!, x.shape.at(-2)!];
      const perExample = x.rank === 4 ? x.shape[1]! : 1;
      const texts = count * perExample;
      const words = tf.reshape(realWords(inputs), [texts, 1, length, 1]);
      const vectors = tf.mul(tf.reshape(x, [texts, 1, length, from]), words) as tf.Tensor4D;
      const map = tf.relu(inner.apply(vectors, training));
      // The window that ends at a word holds it, and so do the windows that reach over the end of the text.
      const beyond = tf.tile(tf.slice(words, [0, 0, 0, 0], [texts, 1, 1, 1]), [1, 1, over, 1]);
      const windows = tf.concat([beyond, words], 2);
      // Rectified values are never below 0, what the windows of padding are set to.
      const largest = tf.max(tf.mul(map, windows), [1, 2]);
      return tf.reshape(largest, [count, perExample * maps]);
    },
  };
}
