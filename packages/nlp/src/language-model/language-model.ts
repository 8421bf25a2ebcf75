/** A language model: a decoder, and the tokenizer whose tokens it names. */
import { assignNetworkValues, networkValues, UserError } from '@attune/core';
import { DecoderNetwork } from './decoder-network.ts';
import type { LanguageTokenizer } from './tokenizer.ts';

export interface LanguageModel {
  readonly network: DecoderNetwork;
  readonly tokenizer: LanguageTokenizer;
}

/** @throws UserError when the tokenizer knows more tokens than the network. */
export function requireTokensFit({ network, tokenizer }: LanguageModel, source: string): void {
  if (tokenizer.size > network.classes)
    throw new UserError(
      `${source}: the tokenizer has tokens up to ${tokenizer.size - 1}, and the network knows ${network.classes}.`,
      'Give the tokenizer that belongs to the network.',
    );
}

/** Another network of the same values. @throws UserError when something was added to it, or its head was replaced. */
export async function copyDecoder(network: DecoderNetwork): Promise<DecoderNetwork> {
  const added = network.layerGroups.find((group) => group.added);
  if (added !== undefined || network.tied !== network.config.tied || network.classes !== network.config.vocabularySize)
    throw new UserError(
      `${network.name} is not a language model as it was read: ${added ? `it has '${added.name}'` : 'its head is another'}.`,
      'Merge LoRA before, or read it anew.',
    );
  const copy = new DecoderNetwork({ name: network.name, config: network.config, seed: undefined });
  assignNetworkValues(copy, await networkValues(network));
  return copy;
}
