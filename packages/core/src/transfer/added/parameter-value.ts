/** How layers read a parameter: what may have been added to it counts. */
import type { Parameter } from '../../network.ts';
import { tf } from '../../tensorflow.ts';

/** The variable, and what was added to it (see `Parameter.delta`). */
export function parameterValue<Rank extends tf.Rank>({ variable, delta }: Parameter): tf.Tensor<Rank> {
  return (delta === undefined ? variable : tf.add(variable, delta())) as tf.Tensor<Rank>;
}
