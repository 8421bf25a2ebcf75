/** Features of a frozen network of texts: computed once for each text, then trained on as often as wanted. */
import type { LabelledFeatures, Network } from '@attune/core';
import { compileStep, Random, tf } from '@attune/core';
import type { EncodedTexts } from './text/encode.ts';
import { byLength, textSource } from './text/source.ts';

export interface ComputeFeaturesOptions {
  /** Texts a step. Default 32. */
  readonly batchSize?: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const DEFAULT_BATCH_SIZE = 32;

/** What the head sees of each text, in inference mode; rows in the order of the texts. */
export async function computeFeatures(
  network: Network,
  encoded: EncodedTexts,
  { batchSize = DEFAULT_BATCH_SIZE, onProgress }: ComputeFeaturesOptions = {},
): Promise<LabelledFeatures> {
  const { featureSize: size } = network;
  const { texts, labels } = encoded;
  const values = new Float32Array(texts.length * size);
  if (texts.length === 0) return { values, size, labels };
  const step = compileStep((inputs: tf.Tensor) => network.features(inputs), { name: 'features' });
  // Frozen for the time being: a captured step folds frozen variables into its graph.
  const variables = [...network.parameters.values()].map(({ variable }) => ({
    variable,
    trainable: variable.trainable,
  }));
  for (const { variable } of variables) variable.trainable = false;
  try {
    const sorted = byLength(encoded);
    const request = { epoch: 0, batchSize, firstBatch: 0, random: Random.fromSeed('features') };
    let done = 0;
    for await (const { inputs, shape, labels: some } of textSource(sorted.encoded).batches(request)) {
      // The last batch is filled up with texts of its own, as another shape would be another trace.
      const full = new Int32Array((batchSize * inputs.length) / some.length);
      for (let at = 0; at < full.length; at += inputs.length)
        full.set(inputs.subarray(0, Math.min(inputs.length, full.length - at)), at);
      const batch = tf.tensor(full, [batchSize, ...shape], 'int32');
      const features = await step.run(batch);
      const data = await features.data();
      for (let i = 0; i < some.length; i++)
        values.set(data.subarray(i * size, (i + 1) * size), sorted.order[done + i]! * size);
      tf.dispose([batch, features]);
      done += some.length;
      onProgress?.(done, texts.length);
    }
  } finally {
    step.dispose();
    for (const { variable, trainable } of variables) variable.trainable = trainable;
  }
  return { values, size, labels };
}
