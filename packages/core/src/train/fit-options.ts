/** What a training run can be told, and the checks of it. */
import { UserError } from '../errors.ts';
import type { Network } from '../network.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedule.ts';
import { needsSource } from '../transfer/held.ts';
import type { TransferPlan } from '../transfer/plan.ts';
import type { Checkpoint, RunSettings } from './checkpoint.ts';
import type { ClassWeights } from './class-balance.ts';
import type { ExampleSource } from './data.ts';
import { type LossName, OBJECTIVES } from './objective.ts';
import type { Progress } from './progress.ts';
import type { RunRecorder } from './records.ts';
import type { Forward } from './steps.ts';

/**
 * What decides which weights are the best: the highest accuracy or mean average precision (of equals the lowest loss), or the
 * lowest loss.
 */
export type Monitor = 'validation/accuracy' | 'validation/mean_average_precision' | 'validation/loss';

export interface FitOptions {
  /** As the run starts: what is carried over is in place, the head is of the target's classes. It is trained in place. */
  readonly network: Network;
  /**
   * The pre-trained network with its own head: for plans that hold to its features, outputs or task, see `needsSource`. It is
   * frozen, runs beside the network in each step, and stays the caller's. Where a plan holds to its task, only its head is
   * used: it stands on the network's features, and is trained along.
   */
  readonly source?: Network | undefined;
  /** Examples of the source's task: for plans that hold to it. An epoch is then one of the target's examples on average. */
  readonly sourceTrain?: ExampleSource | undefined;
  /** What moves and when, and what it is held to. */
  readonly plan: TransferPlan;
  readonly train: ExampleSource;
  /** Without it, nothing is stopped early, and the last weights are the result. */
  readonly validation?: ExampleSource;
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest learning rate, of the head's group. */
  readonly learningRate: number;
  /** Factor of the learning rate by progress. Default `cosine()`. */
  readonly schedule?: Schedule;
  /** Default `adamw()`. */
  readonly optimizer?: Optimizer;
  /**
   * `softmax` where an example has one class, `sigmoid` where it may have several labels, `next-token` where every place of a
   * sequence has a token to be named: losses and accuracies are then of tokens. Default `softmax`.
   */
  readonly loss?: LossName;
  /** In [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Weights of the classes in the training loss: the mean is weighted. Default: all the same. */
  readonly classWeights?: ClassWeights;
  /** Greatest joint norm of the gradients. Default: any. */
  readonly clipNorm?: number;
  /** Batches that make an update, with the gradients of one batch of all their examples. Default 1. */
  readonly accumulate?: number;
  /**
   * Validation and the result take exponential moving averages of the weights: they look back over about 1 / (1 - decay)
   * updates. Decay in (0, 1).
   */
  readonly averaging?: { readonly decay: number };
  /** Stops after this many epochs without a better validation; thawing more starts the count anew. Default: never. */
  readonly patience?: number;
  /**
   * Default `validation/accuracy`; with the sigmoid loss `validation/mean_average_precision`, with the next-token loss
   * `validation/loss`.
   */
  readonly monitor?: Monitor;
  /** Fixes the order of the examples and all else that is drawn. */
  readonly seed: number;
  /** `head`: the batches hold features, as `network.features` gives them; the plan moves the head alone. Default `network`. */
  readonly forward?: Forward;
  readonly recorder?: RunRecorder;
  /** Least time between checkpoints, seconds; 0: after every step. Default 30. */
  readonly checkpointSeconds?: number;
  /** Goes on from here, to the same numbers as a run that was never stopped. All options must be as they were. */
  readonly resume?: Checkpoint | undefined;
  readonly progress?: Progress;
  /** Stops after the current step, with a checkpoint; `fit` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** @throws UserError for the first option that is out of range. */
export function checkFitOptions(options: FitOptions): void {
  const { epochs, batchSize, learningRate, labelSmoothing, clipNorm, patience, checkpointSeconds } = options;
  const { accumulate, averaging, loss = 'softmax', classWeights } = options;
  const demand = (right: boolean, name: string, value: unknown, what: string) => {
    if (!right) throw new UserError(`${name} is ${value}, and must be ${what}.`);
  };
  demand(Number.isSafeInteger(epochs) && epochs >= 1, 'epochs', epochs, 'a whole number of at least 1');
  demand(Number.isSafeInteger(batchSize) && batchSize >= 1, 'batchSize', batchSize, 'a whole number of at least 1');
  demand(Number.isFinite(learningRate) && learningRate > 0, 'learningRate', learningRate, 'above 0');
  if (labelSmoothing !== undefined)
    demand(labelSmoothing >= 0 && labelSmoothing < 1, 'labelSmoothing', labelSmoothing, 'at least 0 and below 1');
  if (clipNorm !== undefined) demand(clipNorm > 0, 'clipNorm', clipNorm, 'above 0');
  if (accumulate !== undefined)
    demand(
      Number.isSafeInteger(accumulate) && accumulate >= 1,
      'accumulate',
      accumulate,
      'a whole number of at least 1',
    );
  if (averaging !== undefined)
    demand(averaging.decay > 0 && averaging.decay < 1, 'averaging.decay', averaging.decay, 'above 0 and below 1');
  demand(Object.hasOwn(OBJECTIVES, loss), 'loss', loss, 'softmax, sigmoid or next-token');
  if (loss !== 'softmax' && classWeights !== undefined)
    throw new UserError(
      `classWeights are for examples of one class, and the loss is ${loss}.`,
      'Leave one of them out.',
    );
  if (loss !== 'sigmoid' && options.monitor === 'validation/mean_average_precision')
    throw new UserError(
      'Mean average precision is measured with the sigmoid loss only.',
      'Monitor the accuracy or the loss.',
    );
  const { held } = options.plan;
  if (loss === 'next-token' && held.to === 'features' && held.attention === 'supervised')
    throw new UserError(
      `The plan '${options.plan.name}' weighs channels by what tells the examples' classes apart, and sequences have none.`,
      'Make its attention uniform.',
    );
  if (patience !== undefined)
    demand(Number.isSafeInteger(patience) && patience >= 1, 'patience', patience, 'a whole number of at least 1');
  if (checkpointSeconds !== undefined)
    demand(checkpointSeconds >= 0, 'checkpointSeconds', checkpointSeconds, 'at least 0');
  if (options.forward === 'head' && options.plan.moved.groups.what !== 'head')
    throw new UserError(
      `The plan '${options.plan.name}' moves more than the head, and cached features can only train the head.`,
      'Train on images, or take the plan linear-probe.',
    );
  if (options.forward === 'head' && needsSource(options.plan.held))
    throw new UserError(
      `The plan '${options.plan.name}' holds to the source's ${options.plan.held.to}, which cached features do not show.`,
      'Train on images, or take a plan that is held to nothing.',
    );
  if (options.plan.held.to === 'task') checkTwoTasks(options);
  if (patience !== undefined && options.validation === undefined)
    throw new UserError('patience needs validation examples.', 'Give some, or leave patience out.');
}

function checkTwoTasks({ plan, sourceTrain, accumulate = 1 }: FitOptions): void {
  if (sourceTrain === undefined)
    throw new UserError(
      `The plan '${plan.name}' goes on learning the source's task, and there are no examples of it.`,
      'Give some as `sourceTrain`, or take a plan that is held to nothing.',
    );
  for (const [what, asked] of [
    ['rates by relative gradient norm', plan.moved.rates === 'auto-rgn'],
    ['accumulated gradients', accumulate > 1],
  ] as const)
    if (asked)
      throw new UserError(
        `The plan '${plan.name}' learns two tasks in turn, which ${what} do not go with.`,
        'Leave one of them out.',
      );
}

/** What must be the same when a run is resumed. The schedule is known by its values. */
export function runSettings(options: FitOptions, optimizer: Optimizer, schedule: Schedule): RunSettings {
  const points = Array.from({ length: 17 }, (_, i) => schedule(i / 16));
  const prefixed = Object.entries(optimizer.settings).map(([name, value]) => [`optimizer.${name}`, value] as const);
  return {
    network: options.network.name,
    classes: options.network.classes,
    seed: options.seed,
    epochs: options.epochs,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    schedule: points.join(' '),
    labelSmoothing: options.labelSmoothing ?? 0,
    clipNorm: options.clipNorm ?? null,
    patience: options.patience ?? null,
    monitor: monitorOf(options),
    forward: options.forward ?? 'network',
    'training examples': options.train.count,
    'validation examples': options.validation?.count ?? null,
    ...Object.fromEntries(prefixed),
    ...((options.loss ?? 'softmax') !== 'softmax' && { loss: options.loss! }),
    ...(options.classWeights && { classWeights: String(options.classWeights) }),
    ...((options.accumulate ?? 1) > 1 && { accumulate: options.accumulate! }),
    ...(options.plan.held.to === 'task' && { "source's training examples": options.sourceTrain!.count }),
    ...(options.averaging && { 'averaging.decay': options.averaging.decay }),
  };
}

export function monitorOf({ monitor, loss }: Pick<FitOptions, 'monitor' | 'loss'>): Monitor {
  return monitor ?? DEFAULT_MONITORS[loss ?? 'softmax'];
}

const DEFAULT_MONITORS: Readonly<Record<LossName, Monitor>> = {
  softmax: 'validation/accuracy',
  sigmoid: 'validation/mean_average_precision',
  'next-token': 'validation/loss',
};
