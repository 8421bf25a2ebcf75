/** A plan's answer to "what is added", carried out on an encoder, with the places that the methods' papers take. */
import type { Added } from '@attune/core';
import { addAdapters, Lora, UserError } from '@attune/core';
import type { EncoderNetwork } from './encoder-network.ts';

/** Where LoRA stands by default: queries and values (Hu et al. 2021, arXiv:2106.09685, section 4.2). */
export const LORA_TARGETS: readonly string[] = ['*.attention.query.weight', '*.attention.value.weight'];

/**
 * Cuts the encoder and adds to it what the plan says, in this order: cut, adapters, LoRA. Adapters stand by default behind
 * the attention and the feed-forward part of every layer (Houlsby et al. 2019, arXiv:1902.00751, figure 2), LoRA beside
 * queries and values.
 * @param seed Fixes all that is drawn.
 * @returns The low-rank products, where the plan adds some: to be merged or saved after training.
 * @throws UserError when the plan names a layer that the encoder lacks, a rank above a layer's width, or a module, which
 *   stands beside networks of images alone.
 */
export function extendEncoder(network: EncoderNetwork, added: Added, seed: number): Lora | undefined {
  if (added.module !== undefined)
    throw new UserError('A module stands beside networks for images, not beside an encoder.', 'Take another plan.');
  if (added.cut !== undefined) network.cutAt(added.cut, seed);
  if (added.adapters) addAdapters(network, { after: network.parts, ...added.adapters }, seed);
  return added.lora && new Lora(network, { targets: LORA_TARGETS, ...added.lora }, seed);
}
