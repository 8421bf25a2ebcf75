/** The data of materialised values, in the logical order. */
import { invert, permute, transposeHost } from './graph/permutation.ts';
import type { HostArray, Value } from './graph/value.ts';

export const NO_VALUES_YET =
  'a tensor that depends on the inputs of a captured step has no values while the step is traced: ' +
  'return it and read it outside';

/** The array may be the value's own: once it was handed out it is never written again. */
export function hostData(value: Value): HostArray {
  if (value.data === null) throw new Error(NO_VALUES_YET);
  if (value.permutation !== null) {
    return transposeHost(value.data, permute(value.shape, value.permutation), invert(value.permutation));
  }
  value.exposed = true;
  return value.data;
}

/** Brings a materialised value into the logical order, for good. */
export function toLogical(value: Value): void {
  if (value.permutation === null) return;
  value.data = hostData(value);
  value.permutation = null;
}
