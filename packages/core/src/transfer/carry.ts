/** What is carried over: the initialisation map from a source's tensors to a network's parameters. */
import { nearestNames, suggestNames, UserError } from '../errors.ts';
import type { LayerGroup, Network, Parameter } from '../network.ts';
import { tf } from '../tensorflow.ts';
import { groupParameters } from './groups.ts';
import { fillPattern, matchPattern } from './patterns.ts';
import type { Carried } from './plan.ts';

/** A source's values by parameter name: what `readSafetensors` gives, or another network's. */
export type SourceTensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array | Uint8Array }
>;

/** What became of every parameter of the network and every tensor of the source. */
export interface CarryReport {
  /** Parameters that now hold the source's values. */
  readonly carried: readonly string[];
  /** The source's tensor by the name of the parameter that holds its values. */
  readonly from: ReadonlyMap<string, string>;
  /** Parameters that kept their fresh initialisation. */
  readonly fresh: readonly string[];
  /** Tensors of the source that were not asked for. */
  readonly leftOut: readonly string[];
}

/**
 * Copies the source's values into the parameters that `carried` names. All is checked before the first is copied.
 * @throws UserError when the source lacks a tensor or has it in another shape.
 */
export function carryOver(network: Network, source: SourceTensors, carried: Carried): CarryReport {
  const wanted = carriedParameters(network, carried);
  const sourceNames = new Map(wanted.map(({ name }) => [name, sourceName(name, carried)]));
  for (const { name, variable } of wanted) {
    const from = sourceNames.get(name)!;
    const tensor = source.get(from);
    if (tensor === undefined) {
      const near = nearestNames(from, source.keys());
      throw new UserError(
        `The source has no tensor '${from}', which ${network.name} needs${from === name ? '' : ` as '${name}'`}.`,
        near.length > 0 ? `Near it are: ${near.join(', ')}.` : 'Take weights that were made for this network.',
      );
    }
    if (tensor.shape.join() !== variable.shape.join())
      throw new UserError(
        `The source's tensor '${from}' has shape [${tensor.shape.join(', ')}], and ${network.name} needs [${variable.shape.join(', ')}].`,
        'Take weights that were made for this network.',
      );
  }
  for (const { name, variable } of wanted) assignValues(variable, source.get(sourceNames.get(name)!)!.data);

  const used = new Set(sourceNames.values());
  return {
    carried: [...sourceNames.keys()],
    from: sourceNames,
    fresh: [...network.parameters.keys()].filter((name) => !sourceNames.has(name)),
    leftOut: [...source.keys()].filter((name) => !used.has(name)),
  };
}

/** Name of the source's tensor that a parameter is carried from. */
function sourceName(name: string, carried: Carried): string {
  if (carried.what !== 'map') return name;
  const { from, to } = carried.map.find((entry) => matchPattern(name, entry.to) !== undefined)!;
  return fillPattern(from, matchPattern(name, to)!);
}

/** The parameters that `carried` names. @throws UserError for an unknown group. */
export function carriedParameters(network: Network, carried: Carried): Parameter[] {
  switch (carried.what) {
    case 'nothing':
      return [];
    case 'everything':
      return network.layerGroups.filter(isSources).flatMap(({ name }) => groupParameters(network, name));
    case 'all-but-head':
      return network.layerGroups
        .slice(0, -1)
        .filter(isSources)
        .flatMap(({ name }) => groupParameters(network, name));
    case 'groups':
      return carried.groups.flatMap((group) => groupParameters(network, group));
    case 'map': {
      const all = network.layerGroups.filter(isSources).flatMap(({ name }) => groupParameters(network, name));
      for (const { to } of carried.map)
        if (!all.some(({ name }) => matchPattern(name, to) !== undefined))
          throw new UserError(
            `No parameter of ${network.name} fits '${to}'.`,
            suggestNames(
              to,
              all.map(({ name }) => name),
            ),
          );
      return all.filter(({ name }) => carried.map.some(({ to }) => matchPattern(name, to) !== undefined));
    }
    default:
      return carried satisfies never;
  }
}

/** The source has values for it. */
function isSources(group: LayerGroup): boolean {
  return group.added !== true;
}

/** Assigns values to a variable of as many. They are copied, and converted to its dtype. */
export function assignValues(variable: tf.Variable, values: Float32Array | Int32Array | Uint8Array): void {
  tf.tidy(() => {
    const copy = variable.dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
    variable.assign(tf.tensor(copy, variable.shape, variable.dtype));
  });
}
