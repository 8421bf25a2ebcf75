/**
 * How every run of the study is trained. The paper's sizes are 100 and 100; it does not tell its optimiser. The rate is the same
 * for source and target and constant, as in the paper, where the best epoch by validation is taken.
 */
import { adamw, constant, type FitOptions } from '@attune/core';
import { bucketLengths, byLength, type EncodedTexts, type TextSource, textSource } from '@attune/nlp';

/** Of batches. Each saves padding, and costs a compiled step, which only many batches pay for. */
const lengthsFor = (texts: number) => ({ most: texts < 1000 ? 3 : 6 });

export const SETTINGS = {
  network: { embeddingSize: 100, hiddenSize: 100, dropout: 0.5 },
  fit: () =>
    ({
      batchSize: 64,
      learningRate: 1e-3,
      schedule: constant(),
      optimizer: adamw({ weightDecay: 0 }),
      clipNorm: 5,
    }) satisfies Partial<FitOptions>,
} as const;

/** How sources are trained: to where the accuracy on their validation split ceases to rise. */
export const SOURCES: Readonly<Record<string, { readonly epochs: number; readonly batchSize: number }>> = {
  /** 184,822 pieces of reviews. */
  imdb: { epochs: 2, batchSize: 128 },
  snli: { epochs: 6, batchSize: 64 },
  'snli-both': { epochs: 6, batchSize: 64 },
  reviews: { epochs: 6, batchSize: 64 },
  scenes: { epochs: 6, batchSize: 64 },
};

/** Epochs at most on a target: where the accuracy on the validation split has long ceased to rise. */
export const EPOCHS = 8;

/** Epochs without a better validation after which a target's training ends. */
export const PATIENCE = 2;

export function sourceOf(encoded: EncodedTexts, shuffle: boolean): TextSource {
  const lengths = encoded.texts.map((text) => text.length / encoded.parts);
  const buckets = bucketLengths(lengths, lengthsFor(encoded.texts.length));
  return shuffle
    ? textSource(encoded, { shuffle, buckets })
    : textSource(byLength(encoded).encoded, { shuffle, buckets });
}
