/**
 * How far the target's images are from the source's, without any image of the source: a network's normalisations keep the
 * mean and variance that each channel had in pre-training, and the target's own are measured beside them. After Li et al.
 * 2016, arXiv:1603.04779 (domains differ in these statistics), with Frechet's distance between two normal distributions.
 */
import type { ImageNetwork } from '@attune/core';
import { compileStep, tf } from '@attune/core';
import { KEPT_SHARE } from '@attune/zoo';
import type { Example } from '../dataset/open.ts';
import { imageBatches } from './tap-features.ts';

/** Images that are enough for means and variances over their places. */
const MOST_IMAGES = 64;

/**
 * Mean over all channels of ((m - m0)^2 + (s - s0)^2) / s0^2, with mean m and deviation s of a channel's values before
 * its normalisation on the target's images, m0 and s0 on the source's. 0: as the source. Undefined for a network without
 * normalisations whose values vary. Values before a layer are normalised by the target's own statistics, as in training, so that a shift is
 * counted where it arises, and not again in every layer above.
 * @param examples At least 2.
 */
export async function statisticsShift(
  network: ImageNetwork,
  examples: readonly Example[],
): Promise<number | undefined> {
  const parameters = [...network.parameters.values()];
  const means = parameters.filter(({ name, role }) => role === 'statistic' && name.endsWith('.running_mean'));
  if (means.length === 0) return undefined;
  const variances = means.map(({ name }) => network.parameters.get(name.replace(/mean$/, 'var'))!);

  const trainable = parameters.map(({ variable }) => variable.trainable);
  const statistics = parameters.filter(({ role }) => role === 'statistic');
  const before = await Promise.all(statistics.map(async ({ variable }) => Float32Array.from(await variable.data())));
  const batchSize = Math.min(examples.length, MOST_IMAGES);
  const step = compileStep((images: tf.Tensor4D) => network.features(images, { training: true }), {
    name: 'statistics',
  });
  try {
    // In training a normalisation moves its statistics towards the batch's: from 0 and 0, to a known share of them.
    for (const { variable } of parameters) variable.trainable = true;
    for (const { variable } of statistics) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    for await (const { images } of imageBatches(network, examples.slice(0, batchSize), batchSize))
      tf.dispose([images, await step.run(images)]);
    const measured = new Map<string, Float32Array>();
    for (const { name, variable } of statistics) measured.set(name, Float32Array.from(await variable.data()));
    const original = new Map(statistics.map(({ name }, i) => [name, before[i]!]));

    let sum = 0;
    let channels = 0;
    for (const [layer, { name: meanName }] of means.entries()) {
      const varianceName = variances[layer]!.name;
      const [mean, variance] = [measured.get(meanName)!, measured.get(varianceName)!];
      const [mean0, variance0] = [original.get(meanName)!, original.get(varianceName)!];
      for (let c = 0; c < mean.length; c++) {
        // A channel that never varied in pre-training tells nothing.
        if (variance0[c]! < LEAST_VARIANCE) continue;
        const [deviation, deviation0] = [Math.sqrt(variance[c]! / SHARE), Math.sqrt(variance0[c]!)];
        sum += ((mean[c]! / SHARE - mean0[c]!) ** 2 + (deviation - deviation0) ** 2) / variance0[c]!;
        channels++;
      }
    }
    return channels === 0 ? undefined : sum / channels;
  } finally {
    step.dispose();
    statistics.forEach(({ variable }, i) => {
      tf.tidy(() => variable.assign(tf.tensor(before[i]!, variable.shape)));
    });
    parameters.forEach(({ variable }, i) => {
      variable.trainable = trainable[i]!;
    });
  }
}

/** Share of a batch that a normalisation's moving statistics take in a step. */
const SHARE = 1 - KEPT_SHARE;
const LEAST_VARIANCE = 1e-6;
