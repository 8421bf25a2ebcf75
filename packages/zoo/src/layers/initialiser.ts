/**
 * Makes the parameters of a network. Each parameter's numbers come from the seed and its own name, so that they depend
 * neither on the order of construction nor on the other layers: a head of one seed is the same head in every network.
 */
import type { Parameter, ParameterRole } from '@attune/core';
import { Random, tf } from '@attune/core';

/**
 * `he`: normal, variance 2 / fan-in, for layers before a ReLU (He et al., arXiv:1502.01852); `glorot`: uniform, variance
 * 2 / (fan-in + fan-out), for the head (Glorot and Bengio, AISTATS 2010).
 */
export type Initialisation = 'he' | 'glorot' | 'zeros' | 'ones';

export class Initialiser {
  private readonly random: Random | undefined;

  /** @param seed Undefined: weights are left at zero, for a network that is about to be filled from a file. */
  constructor(seed: number | undefined) {
    this.random = seed === undefined ? undefined : Random.fromSeed(seed);
  }

  /** A new parameter. The last two sizes of a weight's shape are its inputs and outputs. */
  parameter(name: string, role: ParameterRole, shape: readonly number[], how: Initialisation): Parameter {
    const values = this.values(name, shape, how);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32')));
    return { name, role, variable };
  }

  private values(name: string, shape: readonly number[], how: Initialisation): Float32Array {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (how === 'ones') return values.fill(1);
    if (how === 'zeros' || this.random === undefined) return values;
    const random = this.random.fork(name);
    const [from, to] = shape.slice(-2) as [number, number];
    const area = values.length / (from * to);
    // A depthwise kernel [rows, columns, channels, 1] sees one channel an output.
    const fanIn = shape.length === 4 && to === 1 ? area : area * from;
    const deviation = Math.sqrt(2 / fanIn);
    const limit = Math.sqrt(6 / (area * (from + to)));
    for (let i = 0; i < values.length; i++)
      values[i] = how === 'he' ? random.normal(0, deviation) : random.uniform(-limit, limit);
    return values;
  }
}
