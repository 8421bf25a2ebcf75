/**
 * Stochastic gradient descent with momentum, in PyTorch's form (v <- mu v + g, w <- w - lr v; Sutskever et al. 2013 for
 * Nesterov's), with weight decay decoupled from momentum (SGDW, Loshchilov and Hutter 2019, arXiv:1711.05101).
 */
import { tf } from '../tensorflow.ts';
import { addZeros, groupRates, moveParameter, type Optimizer } from './optimizer.ts';

export interface SgdSettings {
  /** In [0, 1). Default 0.9. */
  readonly momentum?: number;
  /** Looks ahead along the momentum. Default false. */
  readonly nesterov?: boolean;
  /** Share of a weight that a step of rate 1 takes away. Default 0. */
  readonly weightDecay?: number;
}

/** State: `velocity/<parameter>`, none without momentum. */
export function sgd(settings: SgdSettings = {}): Optimizer {
  const { momentum = 0.9, nesterov = false, weightDecay = 0 } = settings;
  if (!(momentum >= 0 && momentum < 1)) throw new RangeError(`momentum is ${momentum}, and must be in [0, 1)`);
  if (nesterov && momentum === 0) throw new RangeError('nesterov needs a momentum above 0');
  if (!(weightDecay >= 0)) throw new RangeError(`weightDecay is ${weightDecay}, and must not be below 0`);

  return {
    settings: { name: 'sgd', momentum, nesterov, weightDecay },

    init(parameters, state = new Map()) {
      if (momentum > 0)
        for (const { name, variable } of parameters) addZeros(state, `velocity/${name}`, variable.shape);
      return state;
    },

    update({ parameters, gradients, state, learningRate, rates }) {
      const byGroup = groupRates(parameters, learningRate);
      for (const parameter of parameters) {
        const gradient = gradients.get(parameter.name);
        if (gradient === undefined) continue;
        let direction: tf.Tensor = gradient;
        if (momentum > 0) {
          const variable = state.get(`velocity/${parameter.name}`)!;
          const velocity = tf.add(tf.mul(variable, momentum), gradient);
          variable.assign(velocity);
          direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
        }
        const own = rates?.get(parameter.name);
        const shared = byGroup.get(parameter.group)!;
        const rate: tf.Scalar = own ? tf.mul(shared, own) : shared;
        moveParameter(parameter, tf.mul(direction, rate), rate, weightDecay);
      }
    },
  };
}
