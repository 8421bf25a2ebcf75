/** Plans for language models, and a plan's answer to "what is added", carried out on a decoder. */
import type { Added, TransferPlan } from '@attune/core';
import { addAdapters, Lora, UserError } from '@attune/core';
import { LORA_TARGETS } from '../encoders/extend-encoder.ts';
import type { DecoderNetwork } from './decoder-network.ts';

/**
 * The plan as a language model can take it: its head names the tokens that it always named, so that it stays, and is carried
 * along. A plan that carries nothing still does. Features are held with all channels alike, as there are no classes to tell
 * which of them matter.
 * @throws UserError for a plan that puts a head on an earlier layer, or a module beside the network.
 */
export function languageModelPlan(plan: TransferPlan): TransferPlan {
  const { carried, held, added } = plan;
  const { head: _, ...others } = added;
  if (added.cut !== undefined || added.module !== undefined)
    throw new UserError(
      `The plan '${plan.name}' has ${added.module ? 'a module' : 'a head on an earlier layer'}, which language models cannot take.`,
      'Take a plan that moves the network itself, or adds LoRA or adapters.',
    );
  return {
    ...plan,
    carried: carried.what === 'all-but-head' ? { what: 'everything' } : carried,
    held: held.to === 'features' ? { ...held, attention: 'uniform' } : held,
    added: { ...others, head: 'none' },
  };
}

/**
 * Adds to a decoder what the plan says: adapters, by default behind every layer, then LoRA, by default beside queries and
 * values (Hu et al. 2021, arXiv:2106.09685, section 4.2).
 * @param seed Fixes all that is drawn.
 * @returns The low-rank products, where the plan adds some.
 * @throws UserError when the plan names a layer that the decoder lacks, or a rank above a layer's width.
 */
export function extendDecoder(network: DecoderNetwork, { adapters, lora }: Added, seed: number): Lora | undefined {
  if (adapters) addAdapters(network, { after: network.taps.slice(1), ...adapters }, seed);
  return lora && new Lora(network, { targets: LORA_TARGETS, ...lora }, seed);
}
