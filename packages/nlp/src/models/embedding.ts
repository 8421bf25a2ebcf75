/** Word vectors: a table with a row for each word of the vocabulary, drawn or given. */
import { type Parameter, parameterValue, Random, tf, UserError } from '@attune/core';
import type { TrunkLayer } from '@attune/zoo';

export interface EmbeddingOptions {
  readonly vocabularySize: number;
  readonly embeddingSize: number;
  /** Given vectors, row after row. */
  readonly embeddings?: Float32Array | undefined;
  /** Fixes drawn vectors. Undefined: all zero, for a network that is about to be filled. */
  readonly seed: number | undefined;
}

/** Drawn vectors are uniform in +- this, which has about the variance of trained ones (Kim 2014, arXiv:1408.5882, 3.2). */
const DRAWN_WITHIN = 0.25;

/**
 * [..., T] numbers of words to [..., T, E]; parameter `embedding.weight` [V, E].
 * @throws UserError when the given vectors are not as many and as long as the sizes say.
 */
export function embedding(options: EmbeddingOptions): TrunkLayer {
  const { vocabularySize, embeddingSize } = options;
  const values = tableValues(options);
  const weight: Parameter = {
    name: 'embedding.weight',
    role: 'weight',
    variable: tf.tidy(() => tf.variable(tf.tensor2d(values, [vocabularySize, embeddingSize]))),
  };
  return {
    parameters: [weight],
    apply: (numbers) => {
      const rows = tf.gather(parameterValue<tf.Rank.R2>(weight), tf.reshape(numbers, [numbers.size]) as tf.Tensor1D);
      return tf.reshape(rows, [...numbers.shape, embeddingSize]);
    },
  };
}

function tableValues({ vocabularySize, embeddingSize, embeddings, seed }: EmbeddingOptions): Float32Array {
  const length = vocabularySize * embeddingSize;
  if (embeddings === undefined) {
    if (seed === undefined) return new Float32Array(length);
    const random = Random.fromSeed(seed).fork('embedding.weight');
    return Float32Array.from({ length }, () => random.uniform(-DRAWN_WITHIN, DRAWN_WITHIN));
  }
  if (embeddings.length !== length)
    throw new UserError(
      `The given word vectors are ${embeddings.length} numbers, and ${vocabularySize} words of ${embeddingSize} need ${length}.`,
      'Give a row for each word of the vocabulary, the two special ones too, and say how long a vector is.',
    );
  return embeddings.slice();
}
