/**
 * Held to the source's outputs by KL(source || target) at a temperature: knowledge distillation (Hinton et al. 2015,
 * arXiv:1503.02531). Where the target has a new head, the outputs that are held are those of the source's own head, frozen,
 * on the target's last map: learning without forgetting (Li and Hoiem 2016, arXiv:1606.09282; there the old head is tuned
 * along, here it stays).
 */
import { UserError } from '../errors.ts';
import { outputDivergences, weightedMean } from '../losses.ts';
import type { Network } from '../network.ts';
import { tf } from '../tensorflow.ts';
import type { HeldBatch, Penalty } from './held.ts';

export interface OutputPenaltyOptions {
  readonly strength: number;
  readonly temperature: number;
  readonly source: Network;
  readonly network: Network;
  readonly keepsHead: boolean;
}

/** @throws UserError when the outputs cannot be compared. */
export function outputPenalty({ strength, temperature, source, network, keepsHead }: OutputPenaltyOptions): Penalty {
  if (keepsHead && source.classes !== network.classes)
    throw new UserError(
      `The source has ${source.classes} outputs, and the network that keeps its head ${network.classes}.`,
      'Take a plan that adds a new head.',
    );
  const last = network.taps.at(-1)!;
  if (!keepsHead && !source.taps.includes(last))
    throw new UserError(
      `The source's head cannot stand on the network: ${source.name} has no layer '${last}'.`,
      'Hold a network to the source that it was made from.',
    );
  return {
    taps: keepsHead ? [] : [last],
    value({ inputs, weights, tuned }: HeldBatch) {
      const map = tuned.taps[last];
      const outputs = keepsHead ? tuned.logits : map && source.apply(map, { from: last, inputs });
      // Beside a frozen trunk a new head changes nothing that is held.
      if (outputs === undefined || strength === 0) return undefined;
      const divergences = outputDivergences(source.apply(inputs), outputs, temperature);
      return tf.mul(weightedMean(perExample(divergences), weights), strength);
    },
    dispose: () => {},
  };
}

/** Mean over all axes but the first: [N, ...] to [N]. */
function perExample(values: tf.Tensor): tf.Tensor1D {
  return tf.mean(tf.reshape(values, [values.shape[0]!, -1]), 1);
}
