/** A phase of training: the compiled steps for what moves now. When more is thawed, another phase begins. */
import type { Optimizer } from '../optim/optimizer.ts';
import { WeightAverages } from '../optim/weight-averages.ts';
import { tf } from '../tensorflow.ts';
import { groupParameters, headGroup } from '../transfer/groups.ts';
import type { Penalty } from '../transfer/held.ts';
import { SOURCE_HEAD_GROUP, sourceHead } from '../transfer/held-task.ts';
import { type GroupMovement, movingParameters, thawParameters } from '../transfer/movement.ts';
import { type BatchTensors, batchTensors } from './batch-tensors.ts';
import type { Batch } from './data.ts';
import type { FitOptions } from './fit-options.ts';
import { OBJECTIVES } from './objective.ts';
import { MEASURED_BATCHES, relativeRates } from './relative-rates.ts';
import type { RunState } from './run-state.ts';
import {
  accumulationSteps,
  type EvaluationStep,
  evaluationStep,
  type GradientNormStep,
  gradientNormStep,
  type TrainingStep,
  type TrainingStepOptions,
  trainingStep,
} from './steps.ts';

export interface PhaseOptions
  extends Pick<
    FitOptions,
    | 'network'
    | 'source'
    | 'plan'
    | 'batchSize'
    | 'forward'
    | 'loss'
    | 'labelSmoothing'
    | 'clipNorm'
    | 'accumulate'
    | 'averaging'
  > {
  readonly optimizer: Optimizer;
  readonly penalty: Penalty;
  /** Of each class; undefined: all the same. */
  readonly classWeights: readonly number[] | undefined;
}

/** What a batch said. */
export interface Learned {
  /** What was minimised: weights, smoothing and penalties included. */
  readonly loss: number;
  /** Sum of the own losses of the rows that count, how many were right, and how many there are: see `Objective`. */
  readonly losses: number;
  readonly correct: number;
  readonly rows: number;
}

export interface Phase {
  readonly movement: readonly GroupMovement[];
  readonly evaluation: EvaluationStep;
  readonly trainableValues: number;
  /** Batches done in this phase by this process. */
  batches: number;
  /** Learns from a batch. With a learning rate, an update ends with it; with undefined, its gradients are kept for the next. */
  learn(batch: Batch, learningRate: number | undefined): Promise<Learned>;
  /** Sets the rates of the epoch in the state, where the plan measures them, from its first batches. */
  measureRates(batches: AsyncIterable<Batch> | Iterable<Batch>): Promise<void>;
  dispose(): void;
}

export function startPhase(
  movement: readonly GroupMovement[],
  options: PhaseOptions,
  state: Pick<RunState, 'optimizer' | 'averages' | 'rates'>,
): Phase {
  const { network, plan, batchSize, forward = 'network', loss = 'softmax', classWeights, accumulate = 1 } = options;
  const parameters = movingParameters(network, movement, plan.moved.only);
  thawParameters(network, parameters, plan.moved.statistics);
  options.optimizer.init(parameters, state.optimizer);
  const lossOptions = {
    network,
    forward,
    loss,
    labelSmoothing: options.labelSmoothing ?? 0,
    parameters,
    penalty: options.penalty,
  };
  const stepOptions = {
    ...lossOptions,
    optimizer: options.optimizer,
    state: state.optimizer,
    clipNorm: options.clipNorm,
    averages: options.averaging && averagesOf(options, movement, state),
  };
  const whole = accumulate === 1 ? trainingStep(stepOptions) : undefined;
  const parts = accumulate === 1 ? undefined : accumulationSteps(stepOptions);
  const ofSource = plan.held.to === 'task' ? sourceStep(options, stepOptions) : undefined;
  const evaluation = evaluationStep(network, forward, loss);
  let norms: GradientNormStep | undefined;
  const tensorsOf = (batch: Batch) =>
    batch.task === 'source'
      ? batchTensors(batch, batchSize, options.source!.classes, { loss })
      : batchTensors(batch, batchSize, network.classes, { classWeights, loss });

  /** One batch through the step of its task, or the two steps, that the options ask for. */
  async function run(
    task: Batch['task'],
    { inputs, targets, weights }: BatchTensors,
    learningRate: number | undefined,
  ) {
    const { rates } = state;
    const rateInputs: [tf.Scalar, ...tf.Tensor1D[]] = [tf.scalar(learningRate ?? 0)];
    if (rates !== null) rateInputs.push(tf.tensor1d(parameters.map(({ name }) => rates[name]!)));
    try {
      if (task === 'source') return await ofSource!.run(inputs, targets, weights, ...rateInputs);
      if (whole !== undefined) return await whole.run(inputs, targets, weights, ...rateInputs);
      const outcome = await parts!.add.run(inputs, targets, weights);
      if (learningRate !== undefined) tf.dispose(await parts!.apply.run(...rateInputs));
      return outcome;
    } finally {
      tf.dispose(rateInputs);
    }
  }

  return {
    movement,
    evaluation,
    trainableValues: parameters.reduce((sum, { variable }) => sum + variable.size, 0),
    batches: 0,
    async learn(batch, learningRate) {
      const tensors = tensorsOf(batch);
      const outputs = await run(batch.task, tensors, learningRate);
      const [[minimised], losses, predictions] = await Promise.all([
        outputs.loss.data(),
        outputs.losses.data(),
        outputs.predictions.data(),
      ]);
      tf.dispose({ ...tensors, ...outputs });
      const learned = { loss: minimised!, losses: 0, correct: 0, rows: 0 };
      const { rows, isRight } = OBJECTIVES[loss];
      for (const row of rows(batch)) {
        learned.losses += losses[row]!;
        if (isRight(predictions, batch, row)) learned.correct++;
        learned.rows++;
      }
      return learned;
    },
    async measureRates(batches) {
      if (plan.moved.rates !== 'auto-rgn') return;
      norms ??= gradientNormStep(lossOptions);
      state.rates = await relativeRates({ step: norms, parameters, tensorsOf, batches, count: MEASURED_BATCHES });
    },
    dispose() {
      whole?.dispose();
      parts?.dispose();
      ofSource?.dispose();
      evaluation.dispose();
      norms?.dispose();
    },
  };
}

/** One update from a batch of the source's task: of what is shared, and of the source's head. */
function sourceStep({ source, optimizer }: PhaseOptions, options: TrainingStepOptions): TrainingStep {
  const head = headGroup(options.network).name;
  const shared = options.parameters.filter(({ group }) => group !== head);
  const own = sourceHead(source!).map((parameter) => ({ ...parameter, group: SOURCE_HEAD_GROUP, rate: 1 }));
  optimizer.init(own, options.state);
  return trainingStep({ ...options, headOf: source!, parameters: [...shared, ...own] });
}

/** Averages of all that moves: parameters, and the statistics of the normalisations that are thawed. */
function averagesOf(
  { network, averaging }: PhaseOptions,
  movement: readonly GroupMovement[],
  state: Pick<RunState, 'averages'>,
): WeightAverages {
  const moving = movement.flatMap(({ group }) =>
    groupParameters(network, group)
      .filter(({ variable }) => variable.trainable)
      .map((parameter) => ({ ...parameter, group })),
  );
  return new WeightAverages(moving, state.averages, averaging!.decay);
}
