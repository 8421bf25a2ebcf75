/**
 * Where a network looks. Grad-CAM (Selvaraju et al. 2016, arXiv:1610.02391): the last map's channels, weighted by the mean
 * gradient of the class's logit to each, summed, negative parts cut off. The gradient is taken from the last map on, so it is
 * for networks whose head stands on the averages of that map; whether this one does is measured.
 */
import { type ImageNetwork, tf } from '@attune/core';
import type { Example } from '@attune/vision';
import type { ExplanationMap } from '../api.ts';
import { imageTensor, networkInput } from './image-batch.ts';

/** Whether the head's features are the averages of the last layer's map. */
export async function gradCamFits(network: ImageNetwork, example: Example): Promise<boolean> {
  const images = imageTensor(network, await networkInput(network, example), 1);
  const difference = tf.tidy(() => {
    const { taps, features } = network.run(images, { taps: [lastLayer(network)] });
    const map = taps[lastLayer(network)]!;
    if (map.rank !== 4 || map.shape[3] !== features.shape[1]) return tf.scalar(1);
    return tf.max(tf.abs(tf.sub(tf.mean(map, [1, 2]), features)));
  });
  const [largest] = await difference.data();
  tf.dispose([images, difference]);
  return largest! < 1e-3;
}

/** @param label The class whose evidence is shown. */
export async function gradCam(network: ImageNetwork, example: Example, label: number): Promise<ExplanationMap> {
  const images = imageTensor(network, await networkInput(network, example), 1);
  const heat = tf.tidy(() => {
    const layer = lastLayer(network);
    const map = network.run(images, { taps: [layer] }).taps[layer] as tf.Tensor4D;
    const logit = (x: tf.Tensor) => tf.sum(tf.slice(network.head(tf.mean(x, [1, 2])), [0, label], [1, 1]));
    const weights = tf.mean(tf.grad(logit)(map), [1, 2], true);
    return tf.relu(tf.sum(tf.mul(weights, map), 3)) as tf.Tensor3D;
  });
  const values = Float32Array.from(await heat.data());
  const [, height, width] = heat.shape;
  tf.dispose([images, heat]);
  return { width, height, values: scaled(values) };
}

/** From 0 to 1, the largest being 1. */
export function scaled(values: Float32Array): Float32Array {
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return largest > 0 ? values.map((value) => Math.max(value, 0) / largest) : values.map(() => 0);
}

function lastLayer(network: ImageNetwork): string {
  return network.taps.at(-1)!;
}
