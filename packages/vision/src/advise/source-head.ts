/** What the source's own head says of the target's images: LEEP and NCE are made of it. */
import type { ImageNetwork } from '@attune/core';
import { compileStep, tf } from '@attune/core';
import type { Example } from '../dataset/open.ts';
import { imageBatches } from './tap-features.ts';

export interface SourceProbabilities {
  /** Soft-max over the source's classes [images, source classes], row after row. */
  readonly probabilities: Float32Array;
  /** Most likely source class of each image. */
  readonly classes: Int32Array;
  /** Class of each image in the target. */
  readonly labels: Int32Array;
  /** Mean of the greatest probability, in (0, 1]. */
  readonly confidence: number;
}

const BATCH_SIZE = 16;

/** @param network With the head of its pre-training. */
export async function sourceProbabilities(
  network: ImageNetwork,
  examples: readonly Example[],
): Promise<SourceProbabilities> {
  const count = network.classes;
  const probabilities = new Float32Array(examples.length * count);
  const step = compileStep((images: tf.Tensor4D) => tf.softmax(network.apply(images)), { name: 'source' });
  try {
    let done = 0;
    for await (const { images, count: some } of imageBatches(network, examples, BATCH_SIZE)) {
      const output = await step.run(images);
      probabilities.set((await output.data()).subarray(0, some * count), done * count);
      tf.dispose([images, output]);
      done += some;
    }
  } finally {
    step.dispose();
  }
  const rows = examples.map((_, i) => probabilities.subarray(i * count, (i + 1) * count));
  const likeliest = rows.map((row) => row.reduce((best, value, i) => (value > row[best]! ? i : best), 0));
  return {
    probabilities,
    classes: Int32Array.from(likeliest),
    labels: Int32Array.from(examples, ({ label }) => label),
    confidence: rows.reduce((sum, row, i) => sum + row[likeliest[i]!]!, 0) / rows.length,
  };
}
