/**
 * Exponential moving averages of weights. Polyak and Juditsky 1992; with decay as in Szegedy et al. 2016, arXiv:1512.00567.
 *
 *   C <- d C + 1,  A <- A + (w - A) / C
 *
 * is the mean of all w so far, each weighted by d to its age, from the first update on: what others correct the bias of zeros
 * for. C belongs to a layer group, so that weights that are thawed late start an average of their own. The statistics of
 * normalisation are averaged as the weights are: they belong together.
 */
import type { Parameter } from '../network.ts';
import { tf } from '../tensorflow.ts';
import { addZeros, type OptimizerState } from './optimizer.ts';

/** State: `mean/<parameter>`, `count/<group>`. It belongs to the caller. */
export class WeightAverages {
  private readonly averaged: readonly { readonly group: string; readonly parameter: Parameter }[];

  /**
   * Adds what is missing in the state for these parameters.
   * @param decay In [0, 1): the averages look back over about 1 / (1 - decay) updates.
   */
  constructor(
    parameters: readonly (Parameter & { readonly group: string })[],
    private readonly state: OptimizerState,
    private readonly decay: number,
  ) {
    this.averaged = parameters.map((parameter) => ({ group: parameter.group, parameter }));
    for (const { name, variable, group } of parameters) {
      addZeros(state, `mean/${name}`, variable.shape);
      addZeros(state, `count/${group}`, []);
    }
  }

  /** Takes the weights of now in. Call it inside `tf.tidy` or a compiled step, after the update. */
  follow(): void {
    const counts = new Map<string, tf.Tensor>();
    for (const { group, parameter } of this.averaged) {
      let count = counts.get(group);
      if (count === undefined) {
        const variable = this.state.get(`count/${group}`)!;
        count = tf.add(tf.mul(variable, this.decay), 1);
        variable.assign(count);
        counts.set(group, count);
      }
      const mean = this.state.get(`mean/${parameter.name}`)!;
      mean.assign(tf.add(mean, tf.div(tf.sub(parameter.variable, mean), count)));
    }
  }
}

/** Lets weights and averages change places: once for the averages, once more for the weights. Exact, and copies nothing. */
export function exchangeAverages(parameters: readonly Parameter[], state: OptimizerState): void {
  tf.tidy(() => {
    for (const { name, variable } of parameters) {
      const mean = state.get(`mean/${name}`);
      if (mean === undefined) continue;
      const weights = tf.clone(variable);
      variable.assign(tf.clone(mean));
      mean.assign(weights);
    }
  });
}
