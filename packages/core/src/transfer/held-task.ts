/**
 * Held to the source's task: the network goes on learning it beside its own, on a second head. What is below the heads is
 * shared. MULT of Mou et al. 2016, arXiv:1603.06111; which batch is of which task is in `train/two-tasks.ts`.
 */
import { UserError } from '../errors.ts';
import type { Network, Parameter } from '../network.ts';
import { groupParameters, headGroup } from './groups.ts';

/** What the group and the names of the second head's parameters begin with: both heads are in one checkpoint. */
const SOURCE = 'source';

/** The layer group of the source's head, beside the network's own groups. */
export const SOURCE_HEAD_GROUP = `${SOURCE}.head`;

/** The parameters of the source's head, under names that the network's own do not have. */
export function sourceHead(source: Network): Parameter[] {
  return groupParameters(source, headGroup(source).name).map((parameter) => ({
    ...parameter,
    name: `${SOURCE}.${parameter.name}`,
  }));
}

/** Freezes the source but for its head. @throws UserError when its head does not fit on the network's features. */
export function prepareSourceHead(source: Network, network: Network): void {
  if (source.featureSize !== network.featureSize)
    throw new UserError(
      `The source's head stands on ${source.featureSize} features, and ${network.name} gives ${network.featureSize}.`,
      'Take a source of the same architecture and sizes.',
    );
  for (const { variable } of source.parameters.values()) variable.trainable = false;
  for (const { variable } of sourceHead(source)) variable.trainable = true;
}
