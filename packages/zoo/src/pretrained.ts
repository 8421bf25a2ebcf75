/** A network of the catalogue and the tensors of a weights file, however they came, put together. */
import type { ImageNetwork, SafetensorsTensor } from '@attune/core';
import { UserError } from '@attune/core';
import { catalogueEntry, createNetwork } from './catalogue.ts';
import { assignWeights } from './weights/assign.ts';

export interface PretrainedOptions {
  /** What the file is called in messages. */
  readonly source: string;
  /** Outputs of a new head. Default: the head of the file is kept. */
  readonly classes?: number | undefined;
  /** Seed of the new head. Default 0. */
  readonly seed?: number | undefined;
  /** Side of the input, pixels. Default: that of the pre-training. */
  readonly size?: number | undefined;
}

/**
 * The network `name` with the weights of a file. Without `classes` it is the network as published.
 * @throws UserError when the name is unknown, the tensors do not fit, or no `classes` is given and the file has no head.
 */
export function pretrainedNetwork(
  name: string,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  { source, classes, seed = 0, size }: PretrainedOptions,
): ImageNetwork {
  requireHead(name, classes);
  const { weights } = catalogueEntry(name);
  const network = createNetwork(name, { classes: weights.classes ?? 1, size, head: 'published' });
  try {
    assignWeights(network, tensors, { source, convention: weights.convention });
    if (classes !== undefined) network.resetHead(classes, seed);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return network;
}

/** @throws UserError when neither the network's weights bring a head nor `classes` asks for a new one. */
export function requireHead(name: string, classes: number | undefined): void {
  if (catalogueEntry(name).weights.classes === undefined && classes === undefined)
    throw new UserError(`The weights of ${name} have no head.`, 'Say how many classes the new one is to have.');
}
