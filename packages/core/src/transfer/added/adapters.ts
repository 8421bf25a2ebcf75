/**
 * Bottleneck adapters: behind a frozen layer, x becomes x + up(relu(down(x))), with `down` to a few channels and `up` back.
 * Houlsby et al. 2019, arXiv:1902.00751; on maps, 1 x 1 convolutions, after Rebuffi et al. 2018, arXiv:1803.10082. `up` starts
 * at zero, so that training starts from the source exactly.
 */
import { UserError } from '../../errors.ts';
import type { Network, Parameter } from '../../network.ts';
import { Random } from '../../random.ts';
import { tf } from '../../tensorflow.ts';
import { requireNoGroup } from '../groups.ts';
import { tapShapes } from './tap-shapes.ts';

export const ADAPTERS_GROUP = 'adapters';

export interface AdapterSettings {
  /** An adapter's bottleneck has its layer's channels divided by this: at least 4 and at most 64 of them. */
  readonly reduction: number;
  /** Names of the layers that get one. Default: all `taps`. */
  readonly after?: readonly string[];
}

/** Below this narrow layers would hardly be adapted. */
const FEWEST_CHANNELS = 4;
/** Above this the adapter of one wide layer would outweigh all others. */
const MOST_CHANNELS = 64;

/**
 * Puts an adapter behind each layer; their parameters are the layer group `adapters`.
 * @param seed Fixes the `down` matrices.
 * @throws UserError for an unknown layer, one that is named twice, or a network that has adapters.
 */
export function addAdapters(
  network: Network,
  { reduction, after = network.taps }: AdapterSettings,
  seed: number,
): void {
  const twice = after.find((tap, i) => after.indexOf(tap) < i);
  if (twice !== undefined) throw new UserError(`Layer '${twice}' is named twice for adapters.`, 'Name it once.');
  requireNoGroup(network, ADAPTERS_GROUP);
  const random = Random.fromSeed(seed).fork('adapters');
  const shapes = tapShapes(network, after);
  const parameters: Parameter[] = [];
  for (const tap of after) {
    const channels = shapes[tap]!.at(-1)!;
    const narrow = Math.min(Math.max(Math.ceil(channels / reduction), FEWEST_CHANNELS), MOST_CHANNELS);
    const draws = random.fork(tap);
    const make = (name: string, role: Parameter['role'], shape: number[], deviation: number): Parameter => {
      const size = shape.reduce((product, side) => product * side, 1);
      const values = Float32Array.from({ length: size }, () => (deviation === 0 ? 0 : draws.normal(0, deviation)));
      const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
      const parameter: Parameter = { name: `${tap}.adapter.${name}`, role, variable };
      parameters.push(parameter);
      return parameter;
    };
    const down = make('down.weight', 'weight', [channels, narrow], Math.sqrt(2 / channels));
    const downBias = make('down.bias', 'bias', [narrow], 0);
    const up = make('up.weight', 'weight', [narrow, channels], 0);
    const upBias = make('up.bias', 'bias', [channels], 0);
    network.insertAfter(tap, (x) => {
      const rows = tf.reshape(x, [-1, channels]);
      const matrix = ({ variable }: Parameter) => variable as tf.Variable<tf.Rank.R2>;
      const bottleneck = tf.relu(tf.add(tf.matMul(rows, matrix(down)), downBias.variable)) as tf.Tensor2D;
      const change = tf.add(tf.matMul(bottleneck, matrix(up)), upBias.variable);
      return tf.add(x, tf.reshape(change, [-1, ...x.shape.slice(1)]));
    });
  }
  network.addGroup(ADAPTERS_GROUP, parameters);
}
