/** Features of every layer of a network, from one pass over the images: each map averaged over its places. */
import { compileStep, type Network, tf } from '@attune/core';
import type { Example } from '@attune/vision';
import type { OnProgress } from '../api.ts';
import { breathe } from './breathe.ts';
import { frozen, imageTensor, networkInput } from './image-batch.ts';
import { joined } from './predict.ts';

export interface LayerFeatures {
  readonly layer: string;
  /** [count, size], row after row. */
  readonly values: Float32Array;
  readonly size: number;
}

const BATCH = 16;

export async function layerFeatures(
  network: Network,
  examples: readonly Example[],
  onProgress: OnProgress,
): Promise<LayerFeatures[]> {
  const { taps } = network;
  const step = compileStep(
    (images: tf.Tensor4D) =>
      Object.fromEntries(
        Object.entries(network.tap(images, taps)).map(([layer, map]) => [
          layer,
          map.rank === 4 ? tf.mean(map, [1, 2]) : map,
        ]),
      ),
    { name: 'layers' },
  );
  const parts = new Map<string, Float32Array[]>(taps.map((layer) => [layer, []]));
  try {
    await frozen(network, async () => {
      for (let first = 0; first < examples.length; first += BATCH) {
        const some = examples.slice(first, first + BATCH);
        const inputs = await Promise.all(some.map((example) => networkInput(network, example)));
        const images = imageTensor(network, joined(inputs), BATCH);
        const outputs = await step.run(images);
        for (const [layer, output] of Object.entries(outputs)) {
          const values = (await output.data()) as Float32Array;
          parts.get(layer)!.push(values.slice(0, (values.length / BATCH) * some.length));
        }
        tf.dispose([images, outputs]);
        onProgress(first + some.length, examples.length);
        await breathe();
      }
    });
  } finally {
    step.dispose();
  }
  return taps.map((layer) => {
    const values = joined(parts.get(layer)!);
    return { layer, values, size: values.length / examples.length };
  });
}
