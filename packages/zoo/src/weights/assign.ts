/** Fills a network from the tensors of a file; every name and every shape is checked before anything is changed. */
import type { Network, Parameter, SafetensorsTensor } from '@attune/core';
import { tf, UserError } from '@attune/core';
import type { Convention } from './conventions.ts';

/** How many faults of one kind a message names before it only counts them. */
const NAMED_FAULTS = 3;

export interface AssignOptions {
  /** What the file is called in messages. */
  readonly source: string;
  readonly convention: Convention;
  /** `trunk` leaves the head as it is; tensors of the file's head are then passed over. Default `all`. */
  readonly parts?: 'all' | 'trunk';
}

/**
 * @throws UserError that names every tensor that is missing, left over, or of the wrong shape or type; the network is then
 *   untouched.
 */
export function assignWeights(
  network: Network,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  { source, convention, parts = 'all' }: AssignOptions,
): void {
  const headNames = new Set(network.layerGroups.at(-1)?.parameters);
  const missing: string[] = [];
  const misfits: string[] = [];
  const passedOver = new Set<string>();
  const assignments: { parameter: Parameter; tensor: SafetensorsTensor }[] = [];
  for (const parameter of network.parameters.values()) {
    const foreignName = convention.foreignName(parameter.name);
    passedOver.add(foreignName);
    if (headNames.has(parameter.name) && (parts === 'trunk' || !convention.hasHead)) continue;
    const tensor = tensors.get(foreignName);
    const wanted = convention.foreignShape(parameter);
    if (tensor === undefined) missing.push(`'${foreignName}'`);
    else if (wanted.length !== tensor.shape.length || wanted.some((size, i) => size !== tensor.shape[i]))
      misfits.push(`'${foreignName}' is [${tensor.shape.join(', ')}] instead of [${wanted.join(', ')}]`);
    else if (!(tensor.data instanceof Float32Array))
      misfits.push(`'${foreignName}' holds ${tensor.dtype}, not numbers`);
    else assignments.push({ parameter, tensor });
  }
  const extra = [...tensors.keys()]
    .filter((name) => !passedOver.has(name) && !convention.ignored.some((pattern) => pattern.test(name)))
    .map((name) => `'${name}'`);
  const faults = [
    describe('missing', missing),
    describe('not part of the network', extra),
    describe('wrongly shaped', misfits),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0)
    throw new UserError(
      `The weights in ${source} do not fit ${network.name}: ${faults.join('; ')}.`,
      'Check that the file belongs to this network and to its number of classes.',
    );
  tf.tidy(() => {
    for (const { parameter, tensor } of assignments) {
      // A copy: the file's bytes must not stay alive as long as the network does, nor be written to.
      const values = convention.rearrange(parameter, tensor.data);
      const own = values === tensor.data ? values.slice() : values;
      parameter.variable.assign(tf.tensor(own, parameter.variable.shape, 'float32'));
    }
  });
}

function describe(kind: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const rest = names.length - NAMED_FAULTS;
  return `${kind}: ${names.slice(0, NAMED_FAULTS).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
