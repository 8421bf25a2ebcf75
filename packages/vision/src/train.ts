/**
 * Trains a network on images as a plan and its settings say: on the images themselves; or, where the trunk never moves and
 * an image has few views, its head on features that are computed once. It touches no files, so that it runs in browsers.
 */
import type { FitOptions, FitResult, ImageNetwork, LossName, TransferPlan } from '@attune/core';
import { adamw, cosine, fit, namedPlan, needsSource, Random, sgd, warmUp } from '@attune/core';
import { hasFewViews, mirrored } from './augment/augmentation.ts';
import { imageSource } from './batches.ts';
import type { Features } from './compute-features.ts';
import { computeFeatures, featureSource } from './compute-features.ts';
import { labelKindOf, requireNoBalance } from './dataset/labels.ts';
import type { Example } from './dataset/open.ts';
import { probeSettings } from './default-settings.ts';
import type { VisionSettings } from './run-record.ts';
import { calmNewHead, hasLinearHead, measureScale, standardise, unstandardiseHead } from './standardise.ts';

const OPTIMIZERS = {
  adamw: (weightDecay: number) => adamw({ weightDecay }),
  sgd: (weightDecay: number) => sgd({ momentum: 0.9, weightDecay }),
} as const;

/** Images that the size of features is measured on. */
const HEAD_EXAMPLES = 64;

export interface TrainOnImagesOptions
  extends Pick<FitOptions, 'source' | 'recorder' | 'resume' | 'progress' | 'checkpointSeconds' | 'signal'> {
  /** With what the plan carries over in place and a head of the target's classes. It is trained in place. */
  readonly network: ImageNetwork;
  readonly plan: TransferPlan;
  readonly seed: number;
  readonly settings: VisionSettings;
  /** Where these have several labels each, the loss is the sigmoid's. */
  readonly train: readonly Example[];
  /** May be empty: then nothing is stopped early, and the last weights are the result. */
  readonly validation: readonly Example[];
  /** Where features come from. Default: they are computed. */
  readonly features?: (
    examples: readonly Example[],
    onProgress: (done: number, total: number) => void,
  ) => Promise<Features>;
  /** Called while features are computed. */
  readonly onFeatures?: (done: number, total: number) => void;
}

/** @throws UserError as `fit` does. */
export async function trainOnImages(options: TrainOnImagesOptions): Promise<FitResult> {
  const { network, plan, seed, settings, resume } = options;
  const { augmentation } = settings;
  const labels = labelKindOf(options.train);
  requireNoBalance(settings.balance, labels);
  const loss: LossName = labels === 'multi' ? 'sigmoid' : 'softmax';
  const validation = settings.monitor === null ? [] : options.validation;
  const common = {
    network,
    source: options.source,
    plan,
    seed,
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    learningRate: settings.learningRate,
    schedule: settings.warmUp === 0 ? cosine() : warmUp(settings.warmUp, cosine()),
    loss,
    labelSmoothing: settings.labelSmoothing,
    optimizer: OPTIMIZERS[settings.optimizer](settings.weightDecay),
    resume,
    ...(settings.balance === 'weights' ? { classWeights: 'balanced' as const } : {}),
    ...(settings.monitor !== null ? { monitor: settings.monitor } : {}),
    ...(settings.patience !== null && validation.length > 0 ? { patience: settings.patience } : {}),
    ...(options.recorder ? { recorder: options.recorder } : {}),
    ...(options.progress ? { progress: options.progress } : {}),
    ...(options.checkpointSeconds === undefined ? {} : { checkpointSeconds: options.checkpointSeconds }),
    ...(options.signal ? { signal: options.signal } : {}),
  };
  if (!hasLinearHead(network)) return onImages(common, options, validation);
  const headAlone = plan.moved.groups.what === 'head';
  if (headAlone && hasFewViews(augmentation) && !needsSource(plan.held)) return onFeatures(common, options, validation);
  if (plan.added.head === 'fitted') {
    // Not recorded: a run that is resumed fits the same head again.
    const { epochs, learningRate, weightDecay, ...how } = probeSettings(
      options.train.length,
      labels === 'multi' ? network.classes : 1,
    );
    const optimizer = OPTIMIZERS[how.optimizer](weightDecay);
    const probe = {
      network,
      plan: namedPlan('linear-probe'),
      seed,
      loss,
      epochs,
      batchSize: settings.batchSize,
      learningRate,
    };
    await onFeatures({ ...probe, optimizer, schedule: cosine() }, options, []);
  } else if (plan.carried.what !== 'nothing' && plan.added.head === 'new') {
    const some = Random.fromSeed(seed).fork('new head').shuffle(options.train).slice(0, HEAD_EXAMPLES);
    calmNewHead(network, await computeFeatures(network, some));
  }
  return onImages(common, options, validation);
}

type Common = Omit<FitOptions, 'train' | 'validation' | 'forward'> & { readonly network: ImageNetwork };

function onImages(common: Common, { settings, train }: TrainOnImagesOptions, validation: readonly Example[]) {
  const { preprocessing, classes } = common.network;
  const { augmentation, balance } = settings;
  return fit({
    ...common,
    train: imageSource(train, { preprocessing, classes, augmentation, balanced: balance === 'sampling' }),
    ...(validation.length > 0 ? { validation: imageSource(validation, { preprocessing, classes }) } : {}),
  });
}

/** Trains the head on standardised features of the images and, where those are among the views, their mirror images. */
async function onFeatures(common: Common, options: TrainOnImagesOptions, validation: readonly Example[]) {
  const { network } = common;
  const {
    train,
    settings,
    features = (examples, onProgress) => computeFeatures(network, examples, { onProgress }),
  } = options;
  const views = settings.augmentation.flip ? [...train, ...train.map(mirrorImage)] : train;
  const total = views.length + validation.length;
  const featuresOf = (examples: readonly Example[], before: number) =>
    features(examples, (done) => options.onFeatures?.(before + done, total));
  const trainFeatures = await featuresOf(views, 0);
  const validationFeatures = validation.length > 0 ? await featuresOf(validation, views.length) : undefined;
  const scale = measureScale(trainFeatures);
  const result = await fit({
    ...common,
    forward: 'head',
    train: featureSource(standardise(trainFeatures, scale), settings.balance === 'sampling' ? 'balanced' : true),
    ...(validationFeatures ? { validation: featureSource(standardise(validationFeatures, scale), false) } : {}),
  });
  unstandardiseHead(network, scale);
  return result;
}

function mirrorImage(example: Example): Example {
  return { ...example, name: `${example.name} (mirrored)`, pixels: async () => mirrored(await example.pixels()) };
}
