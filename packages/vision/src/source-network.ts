/** The network that a run starts with: what its plan carries over from the pre-trained one, the rest fresh. */
import { readFile } from 'node:fs/promises';
import type { ImageNetwork, Lora, SourceTensors, TransferPlan } from '@attune/core';
import { carryOver, movedGroups, needsSource, networkValues, readSafetensors, UserError } from '@attune/core';
import { sha256OfFile } from '@attune/core/node';
import { catalogueEntry, createNetwork, extendNetwork } from '@attune/zoo';
import { findPretrained, type LoadPretrainedOptions, loadPretrained } from '@attune/zoo/node';

export interface StartOptions extends Pick<LoadPretrainedOptions, 'weightsFile' | 'dataDirectories'> {
  readonly from: string;
  readonly plan: TransferPlan;
  readonly classes: number;
  readonly seed: number;
  readonly size: number | undefined;
}

export interface StartNetwork {
  readonly network: ImageNetwork;
  /** The low-rank products, where the plan adds some. */
  readonly lora: Lora | undefined;
  /** The weights file that was read; null where nothing is carried over. */
  readonly source: { readonly file: string; readonly sha256: string } | null;
}

/** @throws UserError when the network or its weights are missing, or the plan does not fit them. */
export async function startNetwork(options: StartOptions): Promise<StartNetwork> {
  const { from, plan, classes, seed } = options;
  const keepsHead = plan.added.head === 'none';
  if (keepsHead) {
    const { classes: own } = catalogueEntry(from).weights;
    if (own !== classes)
      throw new UserError(
        `The plan '${plan.name}' keeps the head of ${from}, which has ${own ?? 'no'} classes, and the data has ${classes}.`,
        'Take a plan that adds a new head.',
      );
  }
  let { network, source } = await carriedNetwork(options);
  try {
    const extended = extendNetwork(network, plan.added, seed);
    network = extended.network;
    // A plan that moves what the network lacks is refused here, before anything is written.
    movedGroups(plan.moved, network);
    return { ...extended, source };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The network of the catalogue with what the plan carries, before anything is added. */
async function carriedNetwork(options: StartOptions): Promise<Pick<StartNetwork, 'network' | 'source'>> {
  const { from, plan, classes, seed, size, ...where } = options;
  const { carried } = plan;
  const keepsHead = plan.added.head === 'none';
  if (carried.what === 'nothing') return { network: createNetwork(from, { classes, seed, size }), source: null };

  const file = await findPretrained(from, where);
  const source = { file, sha256: await sha256OfFile(file) };
  const fresh = () => createNetwork(from, { classes, seed, size, head: keepsHead ? 'published' : 'linear' });
  // A map speaks of the names in the file, whatever network they are of.
  if (carried.what === 'map') {
    const { tensors } = readSafetensors(await readFile(file), file);
    return { network: carryInto(fresh(), tensors, plan), source };
  }
  const pretrained = await loadPretrained(from, { weightsFile: file, size, ...(keepsHead ? {} : { classes, seed }) });
  // With a new head in place, carrying all but the head, or keeping the head, is what the loaded network is already.
  if (carried.what !== 'groups') return { network: pretrained, source };
  try {
    const tensors = await networkValues(pretrained);
    return { network: carryInto(fresh(), tensors, plan), source };
  } finally {
    pretrained.dispose();
  }
}

/**
 * The pre-trained network with its own head, where the plan holds to what it computes; undefined where it does not.
 * @throws UserError when its weights are missing, or a plan that holds to outputs finds a network without a head.
 */
export async function heldSource(options: StartOptions): Promise<ImageNetwork | undefined> {
  const { from, plan, seed, size, weightsFile, dataDirectories } = options;
  if (!needsSource(plan.held)) return undefined;
  const hasHead = catalogueEntry(from).weights.classes !== undefined;
  if (plan.held.to === 'outputs' && !hasHead)
    throw new UserError(
      `The plan '${plan.name}' holds to the outputs of ${from}, whose weights have no head.`,
      'Take a plan that is held to features, such as delta.',
    );
  return loadPretrained(from, { weightsFile, dataDirectories, size, ...(hasHead ? {} : { classes: 1, seed }) });
}

function carryInto(network: ImageNetwork, source: SourceTensors, plan: TransferPlan): ImageNetwork {
  try {
    carryOver(network, source, plan.carried);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}
