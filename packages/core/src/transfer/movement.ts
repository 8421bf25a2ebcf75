/** What may move, and when: a plan's answer for one network and one epoch. */
import { suggestNames, UserError } from '../errors.ts';
import type { Network, Parameter } from '../network.ts';
import type { MovingParameter } from '../optim/optimizer.ts';
import { groupParameters, headGroup } from './groups.ts';
import type { Moved } from './plan.ts';

/** A layer group that moves, and the multiplier of its learning rate. */
export interface GroupMovement {
  readonly group: string;
  readonly rate: number;
}

/** Every group that the plan ever moves, from the head down. @throws UserError when the network lacks one. */
export function movedGroups(moved: Moved, network: Network): GroupMovement[] {
  const names = network.layerGroups.map((group) => group.name).reverse();
  const all = names.map((group, distance): GroupMovement => ({ group, rate: moved.rateDecay ** -distance }));
  const { groups } = moved;
  switch (groups.what) {
    case 'all':
      return all;
    case 'head':
      return all.slice(0, 1);
    case 'added': {
      const added = new Set(network.layerGroups.filter((group) => group.added).map(({ name }) => name));
      if (added.size === 0)
        throw new UserError(
          `The plan moves what is added to ${network.name}, and adds nothing but a head.`,
          'Add LoRA, adapters or a module, or move the head.',
        );
      return all.filter(({ group }, distance) => distance === 0 || added.has(group));
    }
    case 'last':
      if (groups.count > all.length)
        throw new UserError(
          `${network.name} has ${all.length} layer groups; the last ${groups.count} cannot be moved.`,
        );
      return all.slice(0, groups.count);
    case 'groups':
      for (const name of groups.groups)
        if (!names.includes(name))
          throw new UserError(`${network.name} has no layer group '${name}'.`, suggestNames(name, names));
      return all.filter(({ group }) => groups.groups.includes(group));
    default:
      return groups satisfies never;
  }
}

/** The groups that move in an epoch (counted from 0), from the head down. */
export function movementAt(moved: Moved, network: Network, epoch: number): GroupMovement[] {
  const groups = movedGroups(moved, network);
  const { thaw } = moved;
  switch (thaw.when) {
    case 'at-once':
      return groups;
    case 'gradually':
      return groups.slice(0, 1 + Math.floor(epoch / thaw.epochs));
    case 'head-first':
      return epoch < thaw.epochs ? groups.slice(0, 1) : groups;
    default:
      return thaw satisfies never;
  }
}

/** The parameters of these groups that the plan lets move, with their rates, as an optimiser takes them. */
export function movingParameters(
  network: Network,
  movement: readonly GroupMovement[],
  only?: Moved['only'],
): MovingParameter[] {
  const head = headGroup(network).name;
  return movement.flatMap(({ group, rate }) =>
    groupParameters(network, group)
      .filter(
        (parameter) => parameter.role !== 'statistic' && (only === undefined || group === head || isBias(parameter)),
      )
      .map((parameter) => ({ ...parameter, group, rate })),
  );
}

/** A bias, or the shift of a normalisation. */
function isBias({ name, role }: Parameter): boolean {
  return role === 'bias' || (role === 'norm' && /\.(bias|shift)$/.test(name));
}

/**
 * Freezes everything but these parameters. Statistics follow the scale: where only biases move it is frozen, and they are
 * constants; so they are, below what was added, where the plan keeps the source's.
 */
export function thawParameters(
  network: Network,
  moving: readonly MovingParameter[],
  statistics?: Moved['statistics'],
): void {
  const names = new Set(moving.map(({ name }) => name));
  const groups = new Set(moving.filter((parameter) => !isBias(parameter)).map(({ group }) => group));
  for (const { name: group, added = false } of network.layerGroups) {
    const follow = groups.has(group) && (statistics === undefined || added);
    for (const { name, role, variable } of groupParameters(network, group))
      variable.trainable = role === 'statistic' ? follow : names.has(name);
  }
}
