/** The shapes of a network's inner maps, found by running it on a batch of no examples: that costs nothing at any size. */
import type { Network } from '../../network.ts';
import { tf } from '../../tensorflow.ts';

/**
 * Shape of each named layer's output for one example, the batch left out: [H, W, C] of an image's map.
 * @throws UserError when a name is not in the network's taps, with the nearest names.
 */
export function tapShapes(network: Network, taps: readonly string[]): Record<string, readonly number[]> {
  const { shape, dtype } = network.input;
  return tf.tidy(() => {
    const none = tf.zeros([0, ...shape], dtype);
    const outputs = Object.entries(network.tap(none, taps));
    return Object.fromEntries(outputs.map(([name, { shape }]) => [name, shape.slice(1)]));
  });
}
