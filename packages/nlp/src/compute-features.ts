/** Features of a frozen network of texts: computed once for each text, then trained on as often as wanted. */
import type { LabelledFeatures, Network } from '@attune/core';
import { tf } from '@attune/core';
import { type ComputeRowsOptions, computeRows } from './compute-rows.ts';
import type { EncodedTexts } from './text/encode.ts';

export type ComputeFeaturesOptions = ComputeRowsOptions;

/** What the head sees of each text, in inference mode; rows in the order of the texts. */
export async function computeFeatures(
  network: Network,
  encoded: EncodedTexts,
  options: ComputeFeaturesOptions = {},
): Promise<LabelledFeatures> {
  const { featureSize: size } = network;
  const compute = (inputs: tf.Tensor) => network.features(inputs);
  const values = await computeRows(network, encoded, { name: 'features', size, compute }, options);
  return { values, size, labels: encoded.labels };
}

/** Probability of each class for each text [count, classes]. */
export function computeProbabilities(
  network: Network,
  encoded: EncodedTexts,
  options: ComputeRowsOptions = {},
): Promise<Float32Array> {
  const compute = (inputs: tf.Tensor) => tf.softmax(network.apply(inputs));
  return computeRows(network, encoded, { name: 'probabilities', size: network.classes, compute }, options);
}
