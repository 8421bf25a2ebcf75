/** Features at several depths of a network of texts, of one pass over them: each layer's vectors, averaged over the words. */
import type { LabelledFeatures, Network } from '@attune/core';
import { tapShapes, tf } from '@attune/core';
import { type ComputeRowsOptions, computeRows } from '../compute-rows.ts';
import type { EncodedTexts } from '../text/encode.ts';

/**
 * Features of each text at each of the layers, in the order of the names. A layer with a vector for each word gives their mean,
 * padding left out; of a pair both texts' means, one behind the other.
 */
export async function tapFeatures(
  network: Network,
  encoded: EncodedTexts,
  taps: readonly string[],
  options: ComputeRowsOptions = {},
): Promise<Map<string, LabelledFeatures>> {
  const { labels, parts } = encoded;
  const shapes = tapShapes(network, taps);
  // [2, T, E] of a pair is one vector for each of its texts.
  const sizes = taps.map((tap) => shapes[tap]!.at(-1)! * (shapes[tap]!.length === 3 ? 2 : 1));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  const compute = (inputs: tf.Tensor) => {
    const words = realPlaces(inputs, parts);
    const maps = network.tap(inputs, taps);
    return tf.concat(
      taps.map((tap) => meanOver(maps[tap]!, words)),
      1,
    );
  };
  const rows = await computeRows(network, encoded, { name: 'taps', size, compute }, options);
  const features = new Map<string, LabelledFeatures>();
  let from = 0;
  for (const [i, tap] of taps.entries()) {
    const own = sizes[i]!;
    const values = new Float32Array(labels.length * own);
    for (let row = 0; row < labels.length; row++)
      values.set(rows.subarray(row * size + from, row * size + from + own), row * own);
    features.set(tap, { values, size: own, labels });
    from += own;
  }
  return features;
}

/** 1 where there is a word: [N, T], of pairs [N, 2, T]. An encoder is told so, others see it by the numbers. */
function realPlaces(inputs: tf.Tensor, parts: EncodedTexts['parts']): tf.Tensor {
  if (parts !== 3) return tf.cast(tf.notEqual(inputs, 0), 'float32');
  const mask = tf.slice(inputs, [0, 1, 0], [inputs.shape[0]!, 1, inputs.shape[2]!]);
  return tf.cast(tf.reshape(mask, [inputs.shape[0]!, inputs.shape[2]!]), 'float32');
}

function meanOver(map: tf.Tensor, words: tf.Tensor): tf.Tensor2D {
  if (map.rank === 2) return map as tf.Tensor2D;
  const places = words.rank - 1;
  const sums = tf.sum(tf.mul(map, tf.expandDims(words, -1)), places);
  const means = tf.div(sums, tf.maximum(tf.sum(words, places, true), 1));
  return tf.reshape(means, [map.shape[0]!, -1]) as tf.Tensor2D;
}
