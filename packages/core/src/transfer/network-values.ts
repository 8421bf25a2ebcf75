/** A network's values as plain arrays by name: what is written to files, averaged, and put back. */
import type { Network, Parameter } from '../network.ts';
import { carryOver, type SourceTensors } from './carry.ts';

/** Copies of values, by parameter name. */
export type NetworkValues = Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Copies the values of all parameters, statistics too. */
export function networkValues(network: Network): Promise<NetworkValues> {
  return parameterValues(network.parameters.values());
}

/** Copies the values of these parameters. */
export async function parameterValues(parameters: Iterable<Parameter>): Promise<NetworkValues> {
  const values: NetworkValues = new Map();
  for (const { name, variable } of parameters)
    values.set(name, { shape: [...variable.shape], data: Float32Array.from(await variable.data()) });
  return values;
}

/**
 * Copies values into all of the network's parameters.
 * @throws UserError when one is missing or of another shape; nothing is changed then.
 */
export function assignNetworkValues(network: Network, values: SourceTensors): void {
  carryOver(network, values, { what: 'everything' });
}
