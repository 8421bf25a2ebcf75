/** What the target is held to: penalties that are added to the loss. */
import type { Parameter } from '../network.ts';
import { tf } from '../tensorflow.ts';
import type { Held } from './plan.ts';

/** A penalty on the parameters that move now, to be called where the loss is computed. */
export interface Penalty {
  /** A scalar that is added to the loss, or undefined when nothing is held. */
  value(parameters: readonly Parameter[]): tf.Scalar | undefined;
  dispose(): void;
}

/**
 * Prepares a plan's penalty.
 * @param carried Parameters as they start, before the first step: their values are copied.
 */
export function prepareHeld(held: Held, carried: readonly Parameter[]): Penalty {
  if (held.to === 'nothing') return { value: () => undefined, dispose: () => {} };
  // Variables that are never assigned are constants to a compiled step.
  const start = new Map(carried.map(({ name, variable }) => [name, tf.variable(variable, false)]));
  return {
    value(parameters) {
      const terms: tf.Scalar[] = [];
      for (const { name, role, variable } of parameters) {
        // As with weight decay, biases and normalisations are free.
        if (role !== 'weight') continue;
        const origin = start.get(name);
        const [distance, strength] = origin ? [tf.sub(variable, origin), held.alpha] : [variable, held.beta];
        if (strength > 0) terms.push(tf.mul(tf.sum(tf.square(distance)), strength / 2) as tf.Scalar);
      }
      return terms.length === 0 ? undefined : tf.addN(terms);
    },
    dispose() {
      for (const variable of start.values()) variable.dispose();
      start.clear();
    },
  };
}
