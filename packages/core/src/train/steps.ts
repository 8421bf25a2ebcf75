/**
 * The compiled steps of training: one that moves parameters; the same in two, where several batches make an update; one that
 * measures gradients; and one that only looks. What an option does not ask for is not in a step.
 */
import { weightedMean } from '../losses.ts';
import type { Network } from '../network.ts';
import { clipByGlobalNorm } from '../optim/clip.ts';
import { type MovingParameter, type Optimizer, type OptimizerState, valueAndGradients } from '../optim/optimizer.ts';
import type { WeightAverages } from '../optim/weight-averages.ts';
import { type CompiledStep, compileStep } from '../step.ts';
import { tf } from '../tensorflow.ts';
import { headGroup } from '../transfer/groups.ts';
import type { Penalty } from '../transfer/held.ts';
import { SOURCE_HEAD_GROUP } from '../transfer/held-task.ts';
import { type LossName, OBJECTIVES } from './objective.ts';

/** What a batch goes through: the whole network, or, when batches hold its features, the head alone. */
export type Forward = 'network' | 'head';

export interface LossOptions {
  readonly network: Network;
  readonly forward: Forward;
  readonly loss: LossName;
  readonly labelSmoothing: number;
  /** What moves. With other parameters another step must be made. */
  readonly parameters: readonly MovingParameter[];
  readonly penalty: Penalty;
  /** Whose head stands on the network's features. Default: its own. */
  readonly headOf?: Network;
}

export interface TrainingStepOptions extends LossOptions {
  readonly optimizer: Optimizer;
  readonly state: OptimizerState;
  /** Greatest joint norm of the gradients; undefined: any. */
  readonly clipNorm: number | undefined;
  /** Follow the parameters after every update. */
  readonly averages: WeightAverages | undefined;
}

interface Outcome {
  /** Cross-entropy of each row in nats; see `Objective`. */
  readonly losses: tf.Tensor1D;
  /** See `Objective`. */
  readonly predictions: tf.Tensor;
}

/** `loss` is what was minimised, a scalar: weights, smoothing and penalties included. */
interface TrainingOutcome extends Outcome {
  readonly loss: tf.Scalar;
}

type Named<Outputs> = { [Name in keyof Outputs]: Outputs[Name] };
type BatchInputs = [inputs: tf.Tensor, targets: tf.Tensor2D, weights: tf.Tensor1D];
/** `rates`, one factor for each parameter [P], only where the plan has them. */
type RateInputs = [learningRate: tf.Scalar, ...rates: tf.Tensor1D[]];

export type TrainingStep = CompiledStep<[...BatchInputs, ...RateInputs], Named<TrainingOutcome>>;
export type EvaluationStep = CompiledStep<[inputs: tf.Tensor, targets: tf.Tensor2D], Named<Outcome>>;
export type GradientNormStep = CompiledStep<BatchInputs, { gradients: tf.Tensor1D; parameters: tf.Tensor1D }>;

/** One update from one batch. */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  return compileStep<[...BatchInputs, ...RateInputs], Named<TrainingOutcome>>(
    (inputs, targets, weights, learningRate, rates) => {
      const { gradients, ...outcome } = lossAndGradients(options, [inputs, targets, weights], { training: true });
      move(options, gradients, learningRate, rates);
      return outcome;
    },
    { name: 'train' },
  );
}

export interface AccumulationSteps {
  /** Adds a batch's gradients. */
  readonly add: CompiledStep<BatchInputs, Named<TrainingOutcome>>;
  /** One update from all that was added, and nothing is left of it. The output is the sum of the examples' weights. */
  readonly apply: CompiledStep<RateInputs, { weight: tf.Tensor }>;
  dispose(): void;
}

/**
 * One update from several batches, with the gradients of one large batch: that is the mean over all examples, so each batch
 * counts by the weights of its examples.
 */
export function accumulationSteps(options: TrainingStepOptions): AccumulationSteps {
  const { parameters } = options;
  const zeros = (shape: number[]) => tf.tidy(() => tf.variable(tf.zeros(shape), false));
  const sums = new Map(parameters.map(({ name, variable }) => [name, zeros(variable.shape)]));
  const total = zeros([]);
  const used = new Set<string>();
  const add = compileStep(
    (inputs: tf.Tensor, targets: tf.Tensor2D, weights: tf.Tensor1D) => {
      const { gradients, ...outcome } = lossAndGradients(options, [inputs, targets, weights], { training: true });
      const weight = tf.sum(weights);
      for (const [name, gradient] of gradients) {
        const sum = sums.get(name)!;
        sum.assign(tf.add(sum, tf.mul(gradient, weight)));
        used.add(name);
      }
      total.assign(tf.add(total, weight));
      return outcome;
    },
    { name: 'accumulate' },
  );
  const apply = compileStep<RateInputs, { weight: tf.Tensor }>(
    (learningRate, rates) => {
      const weight: tf.Tensor = tf.clone(total);
      const gradients = new Map([...used].map((name) => [name, tf.div(sums.get(name)!, weight) as tf.Tensor]));
      move(options, gradients, learningRate, rates);
      for (const sum of [...sums.values(), total]) sum.assign(tf.mul(sum, 0));
      return { weight };
    },
    { name: 'apply' },
  );
  return {
    add,
    apply,
    dispose() {
      tf.dispose([...sums.values(), total]);
      add.dispose();
      apply.dispose();
    },
  };
}

/** The norms of the loss's gradient and of the parameter, for each parameter [P]. Nothing is changed, statistics neither. */
export function gradientNormStep(options: LossOptions): GradientNormStep {
  const norms = (tensors: tf.Tensor[]) =>
    tf.stack(tensors.map((tensor) => tf.norm(tf.reshape(tensor, [-1])))) as tf.Tensor1D;
  return compileStep(
    (inputs, targets, weights) => {
      const { gradients } = lossAndGradients(options, [inputs, targets, weights], { training: false });
      return {
        gradients: norms(options.parameters.map(({ name }) => gradients.get(name) ?? tf.zeros([1]))),
        parameters: norms(options.parameters.map(({ variable }) => variable)),
      };
    },
    { name: 'gradient norms' },
  );
}

export function evaluationStep(network: Network, forward: Forward, loss: LossName = 'softmax'): EvaluationStep {
  const { losses, predictions } = OBJECTIVES[loss];
  return compileStep(
    (inputs: tf.Tensor, targets: tf.Tensor2D) => {
      const logits = forward === 'head' ? network.head(inputs as tf.Tensor2D) : network.apply(inputs);
      return { losses: losses({ logits, targets }), predictions: predictions(logits) };
    },
    { name: 'evaluate' },
  );
}

function lossAndGradients(
  { network, headOf = network, forward, loss: lossName, labelSmoothing, parameters, penalty }: LossOptions,
  [inputs, targets, weights]: BatchInputs,
  { training }: { readonly training: boolean },
): TrainingOutcome & { readonly gradients: Map<string, tf.Tensor> } {
  const objective = OBJECTIVES[lossName];
  const heads = [headGroup(network).name, SOURCE_HEAD_GROUP];
  const headAlone = parameters.every(({ group }) => heads.includes(group));
  // Nothing below the head moves: the trunk runs as in inference, outside of what is differentiated.
  const features =
    forward === 'head'
      ? (inputs as tf.Tensor2D)
      : headAlone
        ? network.features(inputs, { training: false })
        : undefined;
  const forwardPass = () =>
    headOf === network
      ? network.run(inputs, { taps: penalty.taps, training })
      : { taps: {}, logits: headOf.head(network.features(inputs, { training }), { training }) };
  // Set inside the differentiated function, which disposes of all other tensors when it ends: hence `keep`.
  let outcome: Outcome | undefined;
  const { value, gradients } = valueAndGradients(parameters, () => {
    const { taps, logits } =
      features === undefined ? forwardPass() : { taps: {}, logits: headOf.head(features, { training }) };
    const losses = objective.losses({ logits, targets, labelSmoothing });
    outcome = { losses: tf.keep(losses), predictions: tf.keep(objective.predictions(logits)) };
    const loss = weightedMean(losses, weights);
    const held = penalty.value({ parameters, inputs, weights, tuned: { taps, logits } });
    return held === undefined ? loss : tf.add(loss, held);
  });
  return { ...released(outcome!), loss: value, gradients };
}

/** The same tensors, owned by the step's scope again: a step must not return what is kept. */
function released({ losses, predictions }: Outcome): Outcome {
  const own = { losses: tf.clone(losses), predictions: tf.clone(predictions) };
  tf.dispose([losses, predictions]);
  return own;
}

/** Clips, moves the parameters, and lets their averages follow. */
function move(
  { parameters, optimizer, state, clipNorm, averages }: TrainingStepOptions,
  gradients: Map<string, tf.Tensor>,
  learningRate: tf.Scalar,
  rates: tf.Tensor1D | undefined,
): void {
  const clipped = clipNorm === undefined ? gradients : clipByGlobalNorm(gradients, clipNorm).gradients;
  const byName = rates && new Map(tf.unstack(rates).map((rate, i) => [parameters[i]!.name, rate as tf.Scalar]));
  optimizer.update({ parameters, gradients: clipped, state, learningRate, ...(byName && { rates: byName }) });
  averages?.follow();
}
