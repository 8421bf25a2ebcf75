/** Fine-tuning on a folder of images, from data to a run's folder: a composition of the parts beside it. */
import { join } from 'node:path';
import type { FitResult, ImageNetwork, Progress, TransferPlan } from '@attune/core';
import { namedPlan } from '@attune/core';
import { begunRun, RECORD_FORMAT, RunFolder, requireSameRecord, runningOn, writeRecord } from '@attune/core/node';
import { catalogueEntry } from '@attune/zoo';
import { saveLora, saveNetwork } from '@attune/zoo/node';
import type { Augmentation } from './augment/augmentation.ts';
import { requireNoBalance } from './dataset/labels.ts';
import type { ImageDataset, OpenImagesOptions } from './dataset/open.ts';
import { openImages } from './dataset/open.ts';
import { defaultSettings } from './default-settings.ts';
import type { VisionEvaluation } from './evaluate.ts';
import { evaluateImages } from './evaluate.ts';
import { cachedFeatures, trunkFingerprint } from './features.ts';
import type { VisionRecord, VisionSettings } from './run-record.ts';
import { RUN_FILES } from './run-record.ts';
import { heldSource, startNetwork } from './source-network.ts';
import { trainOnImages } from './train.ts';

export interface TuneVisionOptions extends Pick<OpenImagesOptions, 'onBroken' | 'shares' | 'memory' | 'labels'> {
  /** A folder with a folder for each class (or with splits of that form), or a CSV manifest. */
  readonly data: string;
  /** Name of a network in the catalogue. */
  readonly from: string;
  /** A plan, or the name of one. */
  readonly plan: TransferPlan | string;
  /** Fixes the splits, the new head, the order and every random change. Default 0. */
  readonly seed?: number;
  /** Folder of the run: record, metrics, checkpoint, model. Undefined: nothing is written. */
  readonly out?: string | undefined;
  /** Goes on with the run in `out` where it was broken off; begins it where there is none. */
  readonly resume?: boolean;
  /** Where weights are looked for before the usual places, and a weights file itself. */
  readonly dataDirectories?: readonly string[] | undefined;
  readonly weightsFile?: string | undefined;
  /** Training settings, and parts of the augmentation; those left out follow from the plan: see `defaultSettings`. */
  readonly settings?: Partial<Omit<VisionSettings, 'augmentation'>> & {
    readonly augmentation?: Partial<Augmentation> | undefined;
  };
  /** Where features of frozen trunks and the indices of data sets are kept. Undefined: all is read and computed anew. */
  readonly featureCache?: string | undefined;
  /** Least time between checkpoints, seconds; 0: after every step. Default: that of `fit`. */
  readonly checkpointSeconds?: number;
  readonly progress?: Progress;
  /** Called while images are decoded (`images`) and features computed (`features`). */
  readonly onPrepare?: (what: 'images' | 'features', done: number, total: number) => void;
  /** Called once, when all that was given has been found good and training is about to begin. */
  readonly onData?: (dataset: ImageDataset) => void;
  readonly signal?: AbortSignal;
}

export interface TuneVisionResult {
  /** Trained; the caller disposes of it. */
  readonly network: ImageNetwork;
  readonly dataset: ImageDataset;
  readonly record: VisionRecord;
  readonly fit: FitResult;
  /** Null where the split is empty. */
  readonly validation: VisionEvaluation | null;
  readonly test: VisionEvaluation | null;
}

/**
 * Opens the data, builds the network that the plan starts from, trains it, evaluates it, and writes the run down. Bad
 * input is found before anything is written.
 * @throws UserError for input that a user can put right.
 */
export async function tuneVision(options: TuneVisionOptions): Promise<TuneVisionResult> {
  const { data, from, seed = 0, out, resume = false } = options;
  const plan = typeof options.plan === 'string' ? namedPlan(options.plan) : options.plan;
  const size = options.settings?.size ?? catalogueEntry(from).preprocessing.size;
  const begun = await begunRun<VisionRecord>('vision', out, resume);

  const { preprocessing } = catalogueEntry(from);
  const dataset = await openImages(data, {
    resize: Math.round((preprocessing.resize * size) / preprocessing.size),
    seed,
    indexFolder: options.featureCache,
    ...pick(options, ['onBroken', 'shares', 'memory', 'labels']),
    onProgress: (done, total) => options.onPrepare?.('images', done, total),
  });
  const { labels } = dataset;
  requireNoBalance(options.settings?.balance, labels);
  const classes = dataset.classes.length;
  const start = { from, plan, classes, seed, size, ...pick(options, ['weightsFile', 'dataDirectories']) };
  const { network, lora, source } = await startNetwork(start);
  let held: ImageNetwork | undefined;
  try {
    held = await heldSource(start);
    const examples = dataset.splits.train.length;
    const defaults = defaultSettings({ plan, network, size, examples, labels });
    const augmentation = { ...defaults.augmentation, ...options.settings?.augmentation };
    const settings: VisionSettings = { ...defaults, ...options.settings, augmentation };
    const record: VisionRecord = {
      format: RECORD_FORMAT,
      domain: 'vision',
      status: 'running',
      from,
      source,
      plan,
      seed,
      settings,
      classes: dataset.classes,
      labels,
      data: {
        path: data,
        fingerprint: dataset.fingerprint,
        examples: {
          train: dataset.splits.train.length,
          validation: dataset.splits.validation.length,
          test: dataset.splits.test.length,
        },
        skipped: dataset.skipped,
        warnings: dataset.warnings,
      },
      ...runningOn(),
      result: null,
    };
    if (begun) requireSameRecord(begun, record, out!, (one) => [['kind of labels', one.labels ?? 'single']]);
    const recorder = out === undefined ? undefined : new RunFolder(out);
    const checkpoint = await recorder?.open({ resume });
    if (out !== undefined && !begun) await writeRecord(out, record);

    options.onData?.(dataset);
    const started = performance.now();
    let trunk: Promise<string> | undefined;
    const result = await trainOnImages({
      network,
      source: held,
      plan,
      seed,
      settings,
      train: dataset.splits.train,
      validation: dataset.splits.validation,
      features: async (examples, onProgress) => {
        trunk ??= trunkFingerprint(network, plan.added);
        return cachedFeatures(network, examples, {
          cacheFolder: options.featureCache,
          fingerprint: dataset.fingerprint,
          trunk: await trunk,
          onProgress,
        });
      },
      onFeatures: (done, total) => options.onPrepare?.('features', done, total),
      resume: checkpoint,
      ...(recorder ? { recorder } : {}),
      ...pick(options, ['progress', 'checkpointSeconds', 'signal']),
    });
    const seconds = (performance.now() - started) / 1000;
    if (lora) {
      if (out !== undefined) await saveLora(lora, join(out, RUN_FILES.lora));
      lora.mergeAndRemove();
    }
    const { validation, test } = dataset.splits;
    const { batchSize } = settings;
    const evaluated = {
      validation: validation.length > 0 ? await evaluateImages(network, validation, { batchSize }) : null,
      test: test.length > 0 ? await evaluateImages(network, test, { batchSize }) : null,
    };
    const finished: VisionRecord = {
      ...record,
      status: 'done',
      result: {
        steps: result.steps,
        bestEpoch: result.best.epoch,
        stopped: result.stopped,
        seconds,
        trainableParameters: result.best['charts/trainable_parameters'],
        validation: evaluated.validation?.metrics ?? null,
        test: evaluated.test?.metrics ?? null,
      },
    };
    if (out !== undefined) {
      await saveNetwork(network, join(out, RUN_FILES.model), dataset.classes, plan.added);
      await writeRecord(out, finished);
    }
    return { network, dataset, record: finished, fit: result, ...evaluated };
  } catch (error) {
    network.dispose();
    throw error;
  } finally {
    held?.dispose();
  }
}

function pick<Source extends object, Key extends keyof Source>(
  source: Source,
  keys: readonly Key[],
): Pick<Source, Key> {
  return Object.fromEntries(keys.filter((key) => source[key] !== undefined).map((key) => [key, source[key]])) as Pick<
    Source,
    Key
  >;
}
