/**
 * Fine-tuning in one call, with defaults that hold up: a composition of public parts that can be read and copied.
 *
 * The head first, on frozen features, so that a new head does not distort them (Kumar et al. 2022, arXiv:2202.10054); then
 * everything, deeper groups more slowly (Howard and Ruder 2018, arXiv:1801.06146), after a warm-up and along a cosine.
 */
import { cosine, warmUp } from '../optim/schedule.ts';
import { assignValues } from '../transfer/carry.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { networkValues } from '../transfer/network-values.ts';
import { isBetter } from './best.ts';
import type { ExampleSource } from './data.ts';
import { fit } from './fit.ts';
import { type FitOptions, monitorOf } from './fit-options.ts';
import type { EpochRecord, FitResult } from './records.ts';

export interface FineTuneOptions
  extends Partial<
    Pick<
      FitOptions,
      | 'batchSize'
      | 'loss'
      | 'labelSmoothing'
      | 'classWeights'
      | 'clipNorm'
      | 'accumulate'
      | 'averaging'
      | 'optimizer'
      | 'monitor'
      | 'progress'
      | 'signal'
      | 'seed'
    >
  > {
  /** With the source's weights, and a head of the target's classes. It is trained in place. */
  readonly network: FitOptions['network'];
  readonly train: ExampleSource;
  readonly validation: ExampleSource;
  /** Of all layers together, at most. Default: for about 200 updates, 15 to 60. */
  readonly epochs?: number;
  /** Of the head alone, before, at most. Default: for about 100 updates, 5 to 40. */
  readonly headEpochs?: number;
  /** The highest, of all layers together. Default 1e-3 for networks with batch normalisation, 1e-4 for others. */
  readonly learningRate?: number;
  /** The highest, of the head alone. Default 2e-3. */
  readonly headLearningRate?: number;
  /** Stops the training of all layers after this many epochs without a better validation. Default 5. */
  readonly patience?: number;
}

export interface FineTuneResult {
  /** The epoch whose weights the network holds now: the best by validation of both stages. */
  readonly best: EpochRecord;
  /** Of the head alone. */
  readonly head: FitResult;
  /** Of all layers together. */
  readonly all: FitResult;
}

/** Trains the head, then everything, and leaves the best weights in the network. @throws UserError as `fit` does. */
export async function fineTune(options: FineTuneOptions): Promise<FineTuneResult> {
  const { network, train, batchSize = 32, headLearningRate = 2e-3, patience = 5 } = options;
  const updates = Math.ceil(train.count / (batchSize * (options.accumulate ?? 1)));
  const { epochs = between(15, 200 / updates, 60), headEpochs = between(5, 100 / updates, 40) } = options;
  const learningRate = options.learningRate ?? defaultLearningRate(network);
  const { patience: _, ...common } = { seed: 0, ...options, batchSize };

  const probe = { plan: namedPlan('linear-probe'), epochs: headEpochs, learningRate: headLearningRate };
  const head = await fit({ ...common, ...probe, schedule: cosine() });
  const afterHead = await networkValues(network);
  const all = await fit({
    ...common,
    plan: namedPlan('discriminative'),
    epochs,
    learningRate,
    patience,
    schedule: warmUp(0.1, cosine()),
  });
  if (!isBetter(head.best, all.best, monitorOf(options))) return { best: all.best, head, all };
  for (const { name, variable } of network.parameters.values()) assignValues(variable, afterHead.get(name)!.data);
  return { best: head.best, head, all };
}

/** Small sets take more epochs than large ones: it is updates that count. */
function between(least: number, epochs: number, most: number): number {
  return Math.min(Math.max(Math.ceil(epochs), least), most);
}

/** On small sets of photos, networks without batch normalisation are ruined by rates at which those with it learn best. */
function defaultLearningRate(network: FitOptions['network']): number {
  return [...network.parameters.values()].some(({ role }) => role === 'statistic') ? 1e-3 : 1e-4;
}
