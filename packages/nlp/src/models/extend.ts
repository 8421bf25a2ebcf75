/** A plan's answer to "what is added", carried out on a text network. */
import { type Added, addAdapters, Lora, UserError } from '@attune/core';
import type { TextNetwork } from './text-network.ts';

/**
 * Cuts the network and adds to it what the plan says, in this order: cut, adapters, LoRA. The head has its classes already,
 * and is drawn anew where what it stands on changes.
 * @param seed Fixes all that is drawn.
 * @returns The low-rank products, where the plan adds some: to be merged or saved after training.
 * @throws UserError when the plan names a layer that the network lacks, a rank above a layer's width, or a module, which is
 *   of images alone.
 */
export function extendTextNetwork(network: TextNetwork, added: Added, seed: number): Lora | undefined {
  if (added.module)
    throw new UserError(
      `A module beside ${network.name} is asked for, and modules are for networks of images.`,
      'Take another plan, such as adapters or lora.',
    );
  if (added.cut !== undefined) network.cutAt(added.cut, seed);
  if (added.adapters) addAdapters(network, added.adapters, seed);
  return added.lora && new Lora(network, added.lora, seed);
}
