/** The shapes of a network's inner maps, found by running it on a batch of no images: that costs nothing at any size. */
import type { Network } from '../../network.ts';
import { tf } from '../../tensorflow.ts';

/**
 * Shape of each named layer's output for one example, the batch left out: [H, W, C] of a map.
 * @throws UserError when a name is not in the network's taps, with the nearest names.
 */
export function tapShapes(network: Network, taps: readonly string[]): Record<string, readonly number[]> {
  const { size, channels } = network.preprocessing;
  return tf.tidy(() => {
    const none = tf.zeros<tf.Rank.R4>([0, size, size, channels === 'gray' ? 1 : 3]);
    const outputs = Object.entries(network.tap(none, taps));
    return Object.fromEntries(outputs.map(([name, { shape }]) => [name, shape.slice(1)]));
  });
}
