/** What the source's own head says of the target's images: LEEP and NCE are made of it. */
import { compileStep, tf } from '@attune/core';
import { imageBatches } from '@attune/vision';
import { catalogueEntry } from '@attune/zoo';
import { loadPretrained } from '@attune/zoo/node';
import type { Task } from './task.ts';

export interface SourceProbabilities {
  /** Soft-max of the source's classes [images, source classes], row after row. */
  readonly probabilities: Float32Array;
  /** Most likely source class of each image. */
  readonly classes: Int32Array;
  /** Class of each image in the target. */
  readonly labels: Int32Array;
  /** Mean of the greatest probability. */
  readonly confidence: number;
}

/** Undefined where the weights have no head. */
export async function sourceProbabilities(
  from: string,
  task: Task,
  size: number,
  seed: number,
): Promise<SourceProbabilities | undefined> {
  const count = catalogueEntry(from).weights.classes;
  if (count === undefined) return undefined;
  const network = await loadPretrained(from, { size: task.target.pixels });
  const examples = task.train(size, seed);
  const probabilities = new Float32Array(examples.length * count);
  const step = compileStep((images: tf.Tensor4D) => tf.softmax(network.apply(images)), { name: 'source' });
  try {
    let done = 0;
    for await (const { images, count: some } of imageBatches(network, examples, 16)) {
      const output = await step.run(images);
      probabilities.set((await output.data()).subarray(0, some * count), done * count);
      tf.dispose([images, output]);
      done += some;
    }
  } finally {
    step.dispose();
    network.dispose();
  }
  const rows = examples.map((_, i) => probabilities.subarray(i * count, (i + 1) * count));
  const greatest = rows.map((row) => row.reduce((best, value, i) => (value > row[best]! ? i : best), 0));
  return {
    probabilities,
    classes: Int32Array.from(greatest),
    labels: Int32Array.from(examples, ({ label }) => label),
    confidence: rows.reduce((sum, row, i) => sum + row[greatest[i]!]!, 0) / rows.length,
  };
}
