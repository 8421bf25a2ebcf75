/**
 * Keys and values of the tokens so far, of every layer, so that one more token costs one row of attention and not all of them.
 * Its length is fixed, as a compiled step is made for one shape.
 */
import { tf } from '@attune/core';
import type { DecoderConfig } from './config.ts';

export class KeyValueCache {
  private readonly layers: readonly Readonly<Record<'keys' | 'values', tf.Variable>>[];

  /**
   * @param sequences That go on side by side.
   * @param length Tokens that it holds at most.
   */
  constructor(
    { layers, hiddenSize, heads, keyHeads }: DecoderConfig,
    sequences: number,
    readonly length: number,
  ) {
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros([sequences, keyHeads, length, hiddenSize / heads]), false));
    this.layers = Array.from({ length: layers }, () => ({ keys: zeros(), values: zeros() }));
  }

  /** Puts x [N, keyHeads, 1, w] at a position (a scalar) of a layer, and gives all, [N, keyHeads, length, w]. */
  put(layer: number, what: 'keys' | 'values', x: tf.Tensor4D, position: tf.Scalar): tf.Tensor4D {
    const kept = this.layers[layer]![what];
    const here = tf.cast(tf.equal(tf.range(0, this.length, 1, 'int32'), position), 'float32');
    const slot = tf.reshape(here, [1, 1, this.length, 1]);
    const all = tf.add(tf.mul(kept, tf.sub(1, slot)), tf.mul(x, slot)) as tf.Tensor4D;
    kept.assign(all);
    return all;
  }

  dispose(): void {
    for (const { keys, values } of this.layers) tf.dispose([keys, values]);
  }
}
