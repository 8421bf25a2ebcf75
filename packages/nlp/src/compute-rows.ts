/** What a frozen network gives for texts, a row each, in the order of the texts whatever order they are computed in. */
import type { Network } from '@attune/core';
import { compileStep, Random, tf } from '@attune/core';
import type { EncodedTexts } from './text/encode.ts';
import { byLength, textSource } from './text/source.ts';

export interface ComputeRowsOptions {
  /** Texts a step. Default 32. */
  readonly batchSize?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const DEFAULT_BATCH_SIZE = 32;

/** [count, size], in inference mode. @param compute [N, ...] to [N, size]. */
export async function computeRows(
  network: Network,
  encoded: EncodedTexts,
  { name, size, compute }: { name: string; size: number; compute: (inputs: tf.Tensor) => tf.Tensor },
  { batchSize: most = DEFAULT_BATCH_SIZE, onProgress }: ComputeRowsOptions = {},
): Promise<Float32Array> {
  const { texts } = encoded;
  const batchSize = Math.min(most, texts.length);
  const values = new Float32Array(texts.length * size);
  if (texts.length === 0) return values;
  const step = compileStep(compute, { name });
  // Frozen for the time being: a captured step folds frozen variables into its graph.
  const variables = [...network.parameters.values()].map(({ variable }) => ({
    variable,
    trainable: variable.trainable,
  }));
  for (const { variable } of variables) variable.trainable = false;
  try {
    const sorted = byLength(encoded);
    const request = { epoch: 0, batchSize, firstBatch: 0, random: Random.fromSeed(name) };
    let done = 0;
    for await (const { inputs, shape, labels: some } of textSource(sorted.encoded).batches(request)) {
      // The last batch is filled up with texts of its own, as another shape would be another trace.
      const full = new Int32Array((batchSize * inputs.length) / some.length);
      for (let at = 0; at < full.length; at += inputs.length)
        full.set(inputs.subarray(0, Math.min(inputs.length, full.length - at)), at);
      const batch = tf.tensor(full, [batchSize, ...shape], 'int32');
      const outputs = await step.run(batch);
      const data = await outputs.data();
      for (let i = 0; i < some.length; i++)
        values.set(data.subarray(i * size, (i + 1) * size), sorted.order[done + i]! * size);
      tf.dispose([batch, outputs]);
      done += some.length;
      onProgress?.(done, texts.length);
    }
  } finally {
    step.dispose();
    for (const { variable, trainable } of variables) variable.trainable = trainable;
  }
  return values;
}
