/**
 * AdamW: Adam with decoupled weight decay. Kingma and Ba 2015, arXiv:1412.6980; Loshchilov and Hutter 2019,
 * arXiv:1711.05101. Epsilon is added to the square root of the corrected second moment, as in the papers and PyTorch.
 *
 * The moments are kept as plain decayed sums, S1 <- b1 S1 + g and S2 <- b2 S2 + g^2, and what the papers' bias correction
 * amounts to as the same sums of ones, C1 <- b1 C1 + 1 and C2 <- b2 C2 + 1, so that m^ = S1 / C1 and v^ = S2 / C2 exactly:
 *
 *   w <- w (1 - lr d) - lr m^ / (sqrt(v^) + eps)  =  w (1 - lr d) - (lr sqrt(C2) / C1) S1 / (sqrt(S2) + eps sqrt(C2))
 *
 * This takes two passes over the data less than (1 - b) g, needs no power of b (1 - b^t loses five digits in float32
 * for the first steps), and keeps all per-step arithmetic in scalars. C1 and C2 belong to a layer group: parameters that
 * are thawed late start their own correction.
 */
import { tf } from '../tensorflow.ts';
import { addZeros, groupRates, moveParameter, type Optimizer } from './optimizer.ts';

export interface AdamWSettings {
  /** Decay of the first moment, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Share of a weight that a step of rate 1 takes away. Default 0.01. */
  readonly weightDecay?: number;
}

/** State: `sum1/<parameter>`, `sum2/<parameter>`, `count1/<group>`, `count2/<group>`. */
export function adamw(settings: AdamWSettings = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = settings;
  for (const [name, value] of Object.entries({ beta1, beta2 }))
    if (!(value >= 0 && value < 1)) throw new RangeError(`${name} is ${value}, and must be in [0, 1)`);
  if (!(epsilon > 0)) throw new RangeError(`epsilon is ${epsilon}, and must be above 0`);
  if (!(weightDecay >= 0)) throw new RangeError(`weightDecay is ${weightDecay}, and must not be below 0`);

  return {
    settings: { name: 'adamw', beta1, beta2, epsilon, weightDecay },

    init(parameters, state = new Map()) {
      for (const { name, group, variable } of parameters) {
        addZeros(state, `sum1/${name}`, variable.shape);
        addZeros(state, `sum2/${name}`, variable.shape);
        addZeros(state, `count1/${group}`, []);
        addZeros(state, `count2/${group}`, []);
      }
      return state;
    },

    update({ parameters, gradients, state, learningRate, rates }) {
      const decayedSum = (name: string, decay: number, addend: tf.Tensor | number): tf.Tensor => {
        const variable = state.get(name)!;
        const sum = tf.add(tf.mul(variable, decay), addend);
        variable.assign(sum);
        return sum;
      };
      const scalars = new Map<string, { rate: tf.Scalar; step: tf.Tensor; floor: tf.Tensor }>();
      for (const [group, rate] of groupRates(parameters, learningRate)) {
        const count1 = decayedSum(`count1/${group}`, beta1, 1);
        const root = tf.sqrt(decayedSum(`count2/${group}`, beta2, 1));
        scalars.set(group, { rate, step: tf.div(tf.mul(rate, root), count1), floor: tf.mul(root, epsilon) });
      }
      for (const parameter of parameters) {
        const gradient = gradients.get(parameter.name);
        if (gradient === undefined) continue;
        const { rate, step, floor } = scalars.get(parameter.group)!;
        const own = rates?.get(parameter.name);
        const sum1 = decayedSum(`sum1/${parameter.name}`, beta1, gradient);
        const sum2 = decayedSum(`sum2/${parameter.name}`, beta2, tf.square(gradient));
        const change = tf.mul(tf.div(sum1, tf.add(tf.sqrt(sum2), floor)), own ? tf.mul(step, own) : step);
        moveParameter(parameter, change, own ? tf.mul(rate, own) : rate, weightDecay);
      }
    },
  };
}
