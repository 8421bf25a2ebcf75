/** What is carried over: the initialisation map from a source's tensors to a network's parameters. */
import { nearestNames, UserError } from '../errors.ts';
import type { Network, Parameter } from '../network.ts';
import { tf } from '../tensorflow.ts';
import { groupParameters, headGroup } from './groups.ts';
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
  for (const { name, variable } of wanted) {
    const tensor = source.get(name);
    if (tensor === undefined) {
      const near = nearestNames(name, source.keys());
      throw new UserError(
        `The source has no tensor '${name}', which ${network.name} needs.`,
        near.length > 0 ? `Near it are: ${near.join(', ')}.` : 'Take weights that were made for this network.',
      );
    }
    if (tensor.shape.join() !== variable.shape.join())
      throw new UserError(
        `The source's tensor '${name}' has shape [${tensor.shape.join(', ')}], and ${network.name} needs [${variable.shape.join(', ')}].`,
        'Take weights that were made for this network.',
      );
  }
  for (const { name, variable } of wanted) assignValues(variable, source.get(name)!.data);

  const names = new Set(wanted.map(({ name }) => name));
  return {
    carried: [...names],
    fresh: [...network.parameters.keys()].filter((name) => !names.has(name)),
    leftOut: [...source.keys()].filter((name) => !names.has(name)),
  };
}

/** The parameters that `carried` names. @throws UserError for an unknown group. */
export function carriedParameters(network: Network, carried: Carried): Parameter[] {
  switch (carried.what) {
    case 'nothing':
      return [];
    case 'everything':
      return [...network.parameters.values()];
    case 'all-but-head': {
      const head = new Set(headGroup(network).parameters);
      return [...network.parameters.values()].filter(({ name }) => !head.has(name));
    }
    case 'groups':
      return carried.groups.flatMap((group) => groupParameters(network, group));
    default:
      return carried satisfies never;
  }
}

/** Assigns values to a variable of as many. They are copied, and converted to its dtype. */
export function assignValues(variable: tf.Variable, values: Float32Array | Int32Array | Uint8Array): void {
  tf.tidy(() => {
    const copy = variable.dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
    variable.assign(tf.tensor(copy, variable.shape, variable.dtype));
  });
}
