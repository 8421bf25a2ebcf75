/** Trains a text network as a plan and its settings say; a head alone, and one that is to be fitted first, by regression. */
import type { EpochRecord, FitOptions, TransferPlan } from '@attune/core';
import { adamw, cosine, fit, warmUp } from '@attune/core';
import { computeFeatures } from '../compute-features.ts';
import type { EncoderNetwork } from '../encoders/encoder-network.ts';
import { setFit } from '../encoders/setfit.ts';
import { fitHead, writeHead } from '../linear-head.ts';
import type { EncodedTexts } from '../text/encode.ts';
import { byLength, textSource } from '../text/source.ts';
import type { TextSettings } from './record.ts';
import type { Started } from './start.ts';

export interface TrainOnTextsOptions
  extends Pick<FitOptions, 'recorder' | 'resume' | 'progress' | 'checkpointSeconds' | 'signal'> {
  readonly started: Started;
  readonly plan: TransferPlan;
  readonly seed: number;
  readonly settings: TextSettings;
  readonly train: EncodedTexts;
  /** May be empty: then nothing is stopped early, and the last weights are the result. */
  readonly validation: EncodedTexts;
  /** Called while features are computed, and while SetFit tunes on pairs. */
  readonly onPrepare?: ((what: 'features' | 'pairs', done: number, total: number) => void) | undefined;
}

/** What training came to. */
export interface TextTraining {
  /** Empty where there are no epochs: a probe, or SetFit. */
  readonly history: readonly EpochRecord[];
  readonly steps: number;
  /** Counted from 0. */
  readonly bestEpoch: number;
  readonly stopped: 'epochs' | 'patience';
  /** Single numbers that moved. */
  readonly trainableParameters: number;
  /** L2 penalty of a fitted head; null where there is none. */
  readonly decay: number | null;
}

/** @throws UserError as `fit` and `setFit` do. */
export async function trainOnTexts(options: TrainOnTextsOptions): Promise<TextTraining> {
  switch (options.settings.method) {
    case 'probe':
      return probe(options);
    case 'setfit':
      return contrast(options);
    case 'gradient':
      return byGradient(options);
    default:
      return options.settings.method satisfies never;
  }
}

async function probe(options: TrainOnTextsOptions): Promise<TextTraining> {
  const { network } = options.started;
  return {
    history: [],
    steps: 0,
    bestEpoch: 0,
    stopped: 'epochs',
    trainableParameters: (network.featureSize + 1) * network.classes,
    decay: await fitNetworkHead(options),
  };
}

/** A logistic regression on the features of the network as it is becomes its head. @returns Its penalty. */
async function fitNetworkHead(options: TrainOnTextsOptions): Promise<number> {
  const { started, settings, train, validation, onPrepare } = options;
  const { network } = started;
  const total = train.texts.length + validation.texts.length;
  const features = await computeFeatures(network, train, {
    onProgress: (done) => onPrepare?.('features', done, total),
  });
  const left = await computeFeatures(network, validation, {
    onProgress: (done) => onPrepare?.('features', train.texts.length + done, total),
  });
  const { head, decay } = fitHead(features, {
    classes: network.classes,
    decay: settings.decay ?? undefined,
    validation: left,
  });
  writeHead(network, head);
  return decay;
}

async function contrast({ started, settings, train, seed, ...options }: TrainOnTextsOptions): Promise<TextTraining> {
  const network = started.network as EncoderNetwork;
  const { updates } = await setFit({
    network,
    train,
    seed,
    iterations: settings.iterations!,
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    learningRate: settings.learningRate,
    ...(settings.decay === null ? {} : { decay: settings.decay }),
    onProgress: (done, total) => options.onPrepare?.('pairs', done, total),
    signal: options.signal,
  });
  let moved = 0;
  for (const { variable } of network.parameters.values()) moved += variable.size;
  return {
    history: [],
    steps: updates,
    bestEpoch: settings.epochs - 1,
    stopped: 'epochs',
    trainableParameters: moved,
    decay: settings.decay,
  };
}

async function byGradient(options: TrainOnTextsOptions): Promise<TextTraining> {
  const { started, plan, seed, settings, train, validation, resume } = options;
  const watched = settings.monitor !== null && validation.texts.length > 0;
  // Not recorded: a run that is resumed fits the same head again.
  const decay = plan.added.head === 'fitted' ? await fitNetworkHead(options) : null;
  const { history, steps, stopped, best } = await fit({
    network: started.network,
    source: started.held,
    sourceTrain: started.sourceTrain,
    plan,
    seed,
    train: textSource(train, { shuffle: settings.balance === 'sampling' ? 'balanced' : true }),
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    learningRate: settings.learningRate,
    schedule: settings.warmUp === 0 ? cosine() : warmUp(settings.warmUp, cosine()),
    optimizer: adamw({ weightDecay: settings.weightDecay }),
    labelSmoothing: settings.labelSmoothing,
    resume,
    ...(watched ? { validation: textSource(byLength(validation).encoded) } : {}),
    ...(settings.clipNorm !== null ? { clipNorm: settings.clipNorm } : {}),
    ...(settings.balance === 'weights' ? { classWeights: 'balanced' as const } : {}),
    ...(settings.monitor !== null ? { monitor: settings.monitor } : {}),
    ...(settings.patience !== null && watched ? { patience: settings.patience } : {}),
    ...(options.recorder ? { recorder: options.recorder } : {}),
    ...(options.progress ? { progress: options.progress } : {}),
    ...(options.checkpointSeconds === undefined ? {} : { checkpointSeconds: options.checkpointSeconds }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return {
    history,
    steps,
    bestEpoch: best.epoch,
    stopped,
    trainableParameters: best['charts/trainable_parameters'],
    decay,
  };
}
