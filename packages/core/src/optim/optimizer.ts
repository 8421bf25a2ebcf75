/**
 * What an optimiser is here: a pair of functions, `init` (what must be remembered, as variables) and `update` (assigns
 * the parameters and what is remembered), with nothing hidden, so that a compiled step can hold it and a checkpoint can
 * keep it. The learning rate is a tensor: a number would be frozen into a compiled step.
 */
import type { Parameter } from '../network.ts';
import { tf } from '../tensorflow.ts';

/** A parameter that an update moves. */
export interface MovingParameter extends Parameter {
  /** Parameters of one group are thawed together and share their scalars. */
  readonly group: string;
  /** Multiplies the learning rate: 1 for the plain rate. */
  readonly rate: number;
}

/**
 * What an optimiser remembers: named variables, such as `sum1/conv.weight`. They are in no gradient (`trainable` is
 * false), and belong to the caller, who disposes of them with `disposeState`.
 */
export type OptimizerState = Map<string, tf.Variable>;

/** Gradients by parameter name. A parameter without one is left as it is. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

export interface OptimizerUpdate {
  readonly parameters: readonly MovingParameter[];
  readonly gradients: Gradients;
  readonly state: OptimizerState;
  readonly learningRate: tf.Scalar;
  /** Multiply the learning rate of single parameters, by name: scalars. Absent: 1 for all. */
  readonly rates?: ReadonlyMap<string, tf.Scalar>;
}

export interface Optimizer {
  /** Name and every setting: kept in checkpoints and records, and compared when a run is resumed. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Adds what is missing for these parameters; what is there already (parameters thawed earlier) is kept. */
  init(parameters: readonly MovingParameter[], state?: OptimizerState): OptimizerState;
  /** One step: assigns `parameters` and `state`. Call it inside `tf.tidy` or a compiled step. */
  update(update: OptimizerUpdate): void;
}

/** Value and gradients of a loss with respect to these parameters alone: nothing below them is differentiated. */
export function valueAndGradients(
  parameters: readonly Parameter[],
  loss: () => tf.Scalar,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  const { value, grads } = tf.variableGrads(
    loss,
    parameters.map(({ variable }) => variable),
  );
  const gradients = new Map<string, tf.Tensor>();
  for (const { name, variable } of parameters) {
    const gradient = grads[variable.name];
    if (gradient != null) gradients.set(name, gradient);
  }
  return { value, gradients };
}

/** Adds a variable of zeros to the state unless the name is there. */
export function addZeros(state: OptimizerState, name: string, shape: readonly number[]): void {
  if (state.has(name)) return;
  const zeros = tf.zeros(shape as number[]);
  state.set(name, tf.variable(zeros, false));
  zeros.dispose();
}

export function disposeState(state: OptimizerState): void {
  for (const variable of state.values()) variable.dispose();
  state.clear();
}

/**
 * Moves a parameter: w <- w (1 - lr d) - change. The decay d is decoupled from the gradient (Loshchilov and Hutter 2019)
 * and is for weights alone: biases and normalisations are better off without (He et al. 2019, "Bag of Tricks").
 * @param rate Learning rate of the parameter's group, a scalar.
 */
export function moveParameter({ variable, role }: Parameter, change: tf.Tensor, rate: tf.Scalar, decay: number): void {
  const kept = decay > 0 && role === 'weight' ? tf.mul(variable, tf.sub(1, tf.mul(rate, decay))) : variable;
  variable.assign(tf.sub(kept, change));
}

/** Learning rate of each group and rate multiplier, computed once a step. */
export function groupRates(parameters: readonly MovingParameter[], learningRate: tf.Scalar): Map<string, tf.Scalar> {
  const rates = new Map<string, tf.Scalar>();
  for (const { group, rate } of parameters)
    if (!rates.has(group)) rates.set(group, rate === 1 ? learningRate : tf.mul(learningRate, rate));
  return rates;
}
