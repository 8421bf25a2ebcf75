/**
 * Parameter groups: what is frozen and what moves. Freezing is immediate, as it is nothing but `variable.trainable`, which
 * each step reads; a frozen normalisation layer runs in inference mode (see `ApplyOptions.training`).
 */
import { suggestNames, UserError } from '../errors.ts';
import type { LayerGroup, Network, Parameter } from '../network.ts';

/** The group that holds the head. */
export function headGroup(network: Network): LayerGroup {
  return network.layerGroups.at(-1)!;
}

/** Parameters of a group. @throws UserError for an unknown group, with the nearest names. */
export function groupParameters(network: Network, name: string): Parameter[] {
  return findGroup(network, name).parameters.map((parameter) => network.parameters.get(parameter)!);
}

/**
 * Freezes every group but these. Moving statistics follow their group: they are never trained by gradient, and are only
 * constant while their group is frozen.
 * @throws UserError for an unknown group, with the nearest names.
 */
export function thawOnly(network: Network, names: Iterable<string>): void {
  const thawed = new Set([...names].map((name) => findGroup(network, name).name));
  for (const group of network.layerGroups)
    for (const { variable } of groupParameters(network, group.name)) variable.trainable = thawed.has(group.name);
}

/** Freezes groups and leaves the others as they are. */
export function freeze(network: Network, names: Iterable<string>): void {
  for (const name of names) for (const { variable } of groupParameters(network, name)) variable.trainable = false;
}

/** Thaws groups and leaves the others as they are. */
export function thaw(network: Network, names: Iterable<string>): void {
  for (const name of names) for (const { variable } of groupParameters(network, name)) variable.trainable = true;
}

/** What a gradient step would move now: thawed, and no statistic. */
export function trainableParameters(network: Network): Parameter[] {
  return [...network.parameters.values()].filter(({ variable, role }) => variable.trainable && role !== 'statistic');
}

export interface GroupSummary {
  readonly group: string;
  /** Single numbers in the group, statistics left out. */
  readonly values: number;
  readonly trainable: number;
}

export interface ParameterSummary {
  readonly groups: readonly GroupSummary[];
  readonly values: number;
  readonly trainable: number;
}

export function summarizeParameters(network: Network): ParameterSummary {
  const groups = network.layerGroups.map(({ name }): GroupSummary => {
    let values = 0;
    let trainable = 0;
    for (const { variable, role } of groupParameters(network, name)) {
      if (role === 'statistic') continue;
      values += variable.size;
      if (variable.trainable) trainable += variable.size;
    }
    return { group: name, values, trainable };
  });
  const total = (key: 'values' | 'trainable') => groups.reduce((sum, group) => sum + group[key], 0);
  return { groups, values: total('values'), trainable: total('trainable') };
}

/** A table with a line for each group and one for all, such as `total  1,235,496  1,026  0.1 %`. */
export function printSummary({ groups, values, trainable }: ParameterSummary): string {
  const row = (name: string, all: number, moving: number) => [
    name,
    all.toLocaleString('en-US'),
    moving.toLocaleString('en-US'),
    `${all === 0 ? '0.0' : ((100 * moving) / all).toFixed(1)} %`,
  ];
  const rows = [
    ['group', 'parameters', 'trainable', 'share'],
    ...groups.map((group) => row(group.group, group.values, group.trainable)),
    row('total', values, trainable),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows
    .map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n');
}

/** @throws UserError when the network has a group of that name. */
export function requireNoGroup(network: Network, name: string): void {
  if (network.layerGroups.some((group) => group.name === name))
    throw new UserError(`${network.name} has a layer group '${name}' already.`, 'It can be added once.');
}

function findGroup(network: Network, name: string): LayerGroup {
  const group = network.layerGroups.find((candidate) => candidate.name === name);
  if (group !== undefined) return group;
  const names = network.layerGroups.map((candidate) => candidate.name);
  throw new UserError(`${network.name} has no layer group '${name}'.`, suggestNames(name, names));
}
