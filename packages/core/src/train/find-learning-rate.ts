/**
 * The learning-rate finder: some batches are learned from with a rate that grows from hardly anything to far too much, and
 * everything is put back. Smith 2015, arXiv:1506.01186; the rules are in `learning-rate-curve.ts`.
 */
import { UserError } from '../errors.ts';
import { adamw } from '../optim/adamw.ts';
import { disposeState } from '../optim/optimizer.ts';
import { Random } from '../random.ts';
import { seedDraws } from '../step.ts';
import { tf } from '../tensorflow.ts';
import { movementAt } from '../transfer/movement.ts';
import { resolveClassWeights } from './class-balance.ts';
import { ahead } from './data.ts';
import { checkFitOptions, type FitOptions } from './fit-options.ts';
import {
  LearningRateCurve,
  type LearningRatePoint,
  type LearningRateSuggestions,
  suggestLearningRates,
  sweptRates,
} from './learning-rate-curve.ts';
import { penaltyOf } from './penalty.ts';
import { startPhase } from './phase.ts';
import { startState } from './run-state.ts';
import { endlessBatches, twoTaskBatches } from './two-tasks.ts';

/** Those of `fit`, and the sweep. What moves is what the plan moves in its first epoch. */
export interface FindLearningRateOptions
  extends Pick<
    FitOptions,
    | 'network'
    | 'source'
    | 'plan'
    | 'train'
    | 'sourceTrain'
    | 'batchSize'
    | 'optimizer'
    | 'loss'
    | 'labelSmoothing'
    | 'classWeights'
    | 'clipNorm'
    | 'accumulate'
    | 'forward'
    | 'seed'
    | 'signal'
  > {
  /** Lowest learning rate, above 0. Default 1e-7. */
  readonly from?: number;
  /** Highest learning rate. Default 10. */
  readonly to?: number;
  /** Learning rates to try, an update each: at least 20. Default 100. */
  readonly steps?: number;
  readonly onStep?: (point: LearningRatePoint, step: number, steps: number) => void;
}

export interface LearningRateSweep {
  /** In the order of the sweep. */
  readonly points: readonly LearningRatePoint[];
  /** Whether the sweep ended before `to`. */
  readonly diverged: boolean;
  readonly suggestions: LearningRateSuggestions;
}

/**
 * Sweeps the learning rate exponentially, over as many epochs as it takes. The network is as before when it ends, bit for bit,
 * however it ends; what the optimiser remembers is of the sweep alone.
 * @throws UserError for options out of range, or when the loss diverges before there is anything to choose from.
 */
export async function findLearningRate(options: FindLearningRateOptions): Promise<LearningRateSweep> {
  const { from = 1e-7, to = 10, steps = 100 } = options;
  checkFitOptions({ ...options, epochs: 1, learningRate: from });
  if (!(to > from && Number.isFinite(to))) throw new UserError(`to is ${to}, and must be above from (${from}).`);
  if (!Number.isSafeInteger(steps) || steps < 20)
    throw new UserError(`steps is ${steps}, and must be a whole number of at least 20.`);

  const restore = remember(options);
  try {
    const { points, diverged } = await sweep(options, sweptRates(from, to, steps));
    return { points, diverged, suggestions: suggestLearningRates(points, steps) };
  } finally {
    restore();
  }
}

/** An update with each rate, until the loss diverges. */
async function sweep(
  options: FindLearningRateOptions,
  rates: readonly number[],
): Promise<Pick<LearningRateSweep, 'points' | 'diverged'>> {
  const { network, plan, train, classWeights, accumulate = 1, optimizer = adamw() } = options;
  const random = Random.fromSeed(options.seed);
  const weights = classWeights && resolveClassWeights(classWeights, network.classes, train);
  const state = startState();
  const penalty = await penaltyOf(options, random);
  const movement = movementAt(plan.moved, network, 0);
  const phase = startPhase(movement, { ...options, optimizer, penalty, classWeights: weights }, state);
  const curve = new LearningRateCurve();
  const { points } = curve;
  try {
    await phase.measureRates(allBatches(options, random));
    let [batches, losses] = [0, 0];
    for await (const batch of ahead(allBatches(options, random))) {
      options.signal?.throwIfAborted();
      const learningRate = rates[points.length]!;
      const updating = ++batches % accumulate === 0;
      seedDraws(random.fork('draws').fork(batches));
      losses += (await phase.learn(batch, updating ? learningRate : undefined)).loss;
      if (!updating) continue;
      if (!curve.add(learningRate, losses / accumulate)) return { points, diverged: true };
      losses = 0;
      options.onStep?.(points.at(-1)!, points.length, rates.length);
      if (points.length === rates.length) break;
    }
    return { points, diverged: false };
  } finally {
    phase.dispose();
    penalty.dispose();
    disposeState(state.optimizer);
  }
}

/** The batches of the run, without end. */
function allBatches({ train, sourceTrain, plan, batchSize }: FindLearningRateOptions, random: Random) {
  const { held } = plan;
  if (held.to !== 'task') return endlessBatches(train, batchSize, random.fork('data'));
  const tasks = { target: train, source: sourceTrain!, share: held.share, batchSize, random };
  return twoTaskBatches(tasks, 0, Number.POSITIVE_INFINITY);
}

/** Takes note of every value and of what is frozen; the returned function puts them back. */
function remember({ network, source }: Pick<FitOptions, 'network' | 'source'>): () => void {
  const parameters = [...network.parameters.values(), ...(source?.parameters.values() ?? [])];
  const before = parameters.map(({ variable }) => ({
    variable,
    trainable: variable.trainable,
    // Shares the values: a variable that is assigned takes others.
    values: tf.keep(tf.clone(variable)),
  }));
  return () => {
    for (const { variable, trainable, values } of before) {
      variable.assign(values);
      variable.trainable = trainable;
      values.dispose();
    }
  };
}
