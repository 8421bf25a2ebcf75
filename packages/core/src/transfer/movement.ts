/** What may move, and when: a plan's answer for one network and one epoch. */
import { suggestNames, UserError } from '../errors.ts';
import type { Network } from '../network.ts';
import type { MovingParameter } from '../optim/optimizer.ts';
import { groupParameters } from './groups.ts';
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

/** The parameters of these groups, with their rates, as an optimiser takes them; statistics are left out. */
export function movingParameters(network: Network, movement: readonly GroupMovement[]): MovingParameter[] {
  return movement.flatMap(({ group, rate }) =>
    groupParameters(network, group)
      .filter(({ role }) => role !== 'statistic')
      .map((parameter) => ({ ...parameter, group, rate })),
  );
}
