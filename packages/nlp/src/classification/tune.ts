/** Fine-tuning on labelled texts, from data to a run's folder: a composition of the parts beside it. */
import type { EpochRecord, Progress, TransferPlan } from '@attune/core';
import { defined, UserError } from '@attune/core';
import {
  begunRun,
  RECORD_FORMAT,
  RunFolder,
  requireSameRecord,
  runningOn,
  sha256OfFile,
  writeRecord,
} from '@attune/core/node';
import type { OpenTextsOptions, TextDataset } from '../dataset/open.ts';
import { openTexts } from '../dataset/open.ts';
import type { DownloadProgress } from '../encoders/sentence-encoder.ts';
import { evaluateProbabilities, type TextEvaluation } from './metrics.ts';
import type { TextModel } from './model.ts';
import {
  closeTextSource,
  defaultPlanName,
  type OpenedSource,
  openTextSource,
  sourceWeights,
  trainedModel,
} from './open-source.ts';
import { namedTextPlan } from './plans.ts';
import { type PreparedModel, prepareFrozen, prepareNetwork } from './prepare.ts';
import type { TextReading, TextRecord, TextSettings } from './record.ts';
import { type GivenTextSettings, textSettings } from './settings.ts';
import { startEncoder } from './start-encoder.ts';
import { startWords } from './start-words.ts';

export interface TuneTextsOptions extends Pick<OpenTextsOptions, 'shares'> {
  /** A table, a folder with one for each split, or a folder of text files: see `openTexts`. */
  readonly data: string;
  /** How its files are to be read: columns, encoding. */
  readonly reading?: TextReading | undefined;
  /**
   * What it starts from: an architecture (`text-cnn`, `lstm`, `bi-lstm`, `cnn-pair`) with random values; a word-level network
   * in a file; the folder of an encoder or of an earlier run; or a model of the hub, which stays frozen. Default: the
   * architecture that suits the data.
   */
  readonly from?: string | undefined;
  /** A plan, or a name that `namedTextPlan` knows. Default: see `defaultPlanName`. */
  readonly plan?: TransferPlan | string | undefined;
  /** Fixes the splits, what is drawn, and the order. Default 0. */
  readonly seed?: number | undefined;
  /** Word vectors (GloVe, word2vec, fastText), for the words of a word-level network. */
  readonly vectors?: string | undefined;
  /** Texts of the source's task, for plans that go on learning it (`mult`). Columns are found by their usual names. */
  readonly sourceData?: string | undefined;
  /** Folder of the run: record, metrics, checkpoint, model. Undefined: nothing is written. */
  readonly out?: string | undefined;
  /** Goes on with the run in `out` where it was broken off; begins it where there is none. */
  readonly resume?: boolean | undefined;
  /** Training settings; those left out follow from plan and model: see `textSettings`. */
  readonly settings?: GivenTextSettings | undefined;
  /** Where embeddings of frozen encoders are kept. Undefined: they are computed anew. */
  readonly featureCache?: string | undefined;
  /** Never use the network. Default false. */
  readonly offline?: boolean | undefined;
  readonly checkpointSeconds?: number | undefined;
  readonly progress?: Progress | undefined;
  /** Called while texts are read, embedded, or tuned on in pairs. */
  readonly onPrepare?: ((what: TextPreparation, done: number, total: number) => void) | undefined;
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
  /** Called once, when all that was given has been found good and training is about to begin. */
  readonly onStart?: ((start: TuneStart) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type TextPreparation = 'features' | 'pairs';

/** What is about to be trained. */
export interface TuneStart {
  readonly dataset: TextDataset;
  readonly record: TextRecord;
  /** What is worth saying of how the texts became numbers: sentences. */
  readonly notes: readonly string[];
}

export interface TuneTextsResult {
  /** Gives texts their probabilities; the caller disposes of it. */
  readonly model: TextModel;
  readonly dataset: TextDataset;
  readonly record: TextRecord;
  readonly history: readonly EpochRecord[];
  /** Null where the split is empty. */
  readonly validation: TextEvaluation | null;
  readonly test: TextEvaluation | null;
}

/**
 * Opens the data, builds the network that the plan starts from, trains it, evaluates it, and writes the run down. Bad
 * input is found before anything is written.
 * @throws UserError for input that a user can put right.
 */
export async function tuneTexts(options: TuneTextsOptions): Promise<TuneTextsResult> {
  const { data, seed = 0, out, resume = false, reading = {}, onPrepare } = options;
  const begun = await begunRun<TextRecord>('nlp', out, resume);
  // A misspelt plan is said before files are read.
  if (typeof options.plan === 'string') namedTextPlan(options.plan);
  const { prepared, record, dataset } = await prepare(options, { data, seed, reading });
  const { model, notes } = prepared;
  try {
    if (begun)
      requireSameRecord(begun, record, out!, (one) => [
        ['source data', one.sourceData?.fingerprint ?? null],
        ['word vectors', one.vectors?.sha256 ?? null],
      ]);
    const recorder = out === undefined ? undefined : new RunFolder(out);
    const checkpoint = await recorder?.open({ resume });
    if (out !== undefined && !begun) await writeRecord(out, record);

    options.onStart?.({ dataset, record, notes });
    const started = performance.now();
    const training = await prepared.train({
      resume: checkpoint,
      onPrepare,
      ...(recorder ? { recorder } : {}),
      ...defined({ progress: options.progress, checkpointSeconds: options.checkpointSeconds, signal: options.signal }),
    });
    const seconds = (performance.now() - started) / 1000;
    const evaluated = async (examples: TextDataset['splits']['test']) =>
      examples.length === 0
        ? null
        : evaluateProbabilities(examples, await model.probabilities(examples), dataset.classes.length);
    const validation = await evaluated(dataset.splits.validation);
    const test = await evaluated(dataset.splits.test);
    const { history, ...figures } = training;
    const finished: TextRecord = {
      ...record,
      status: 'done',
      result: { ...figures, seconds, validation: validation?.metrics ?? null, test: test?.metrics ?? null },
    };
    if (out !== undefined) {
      await prepared.save(out);
      await writeRecord(out, finished);
    }
    return { model, dataset, record: finished, history, validation, test };
  } catch (error) {
    await model.dispose();
    throw error;
  } finally {
    prepared.release();
  }
}

type Given = Pick<TuneTextsOptions, 'data'> & { readonly seed: number; readonly reading: TextReading };

/** Everything before training: nothing is written here. */
async function prepare(options: TuneTextsOptions, given: Given) {
  const { seed, reading, data } = given;
  const { offline, onDownload, vectors } = options;
  const maxTokens = options.settings?.maxLength;
  const opened =
    options.from === undefined
      ? undefined
      : await openTextSource(options.from, defined({ offline, onDownload, maxTokens }));
  let prepared: PreparedModel | undefined;
  try {
    const dataset = await openTexts(data, { ...reading, seed, ...defined({ shares: options.shares }) });
    const source = opened ?? ({ kind: 'architecture', architecture: dataset.pairs ? 'cnn-pair' : 'text-cnn' } as const);
    const from = options.from ?? (source.kind === 'architecture' ? source.architecture : '');
    const plan = planOf(options.plan ?? defaultPlanName(source), source);
    const examples = dataset.splits.train.length;
    const { words } = options.settings ?? {};
    // A fresh network takes vectors as long as the file has them, unless it is told otherwise.
    const asGiven = vectors !== undefined && source.kind === 'architecture' && words?.embeddingSize === undefined;
    const vectorSize = asGiven ? { words: { ...words, embeddingSize: null } } : {};
    const settings = textSettings(
      { plan, model: trainedModel(source), examples },
      { ...options.settings, ...vectorSize },
    );
    requireSettingsOf(settings, options.settings);
    const sourceData = options.sourceData === undefined ? undefined : await openTexts(options.sourceData, { seed });
    if (vectors !== undefined && settings.words === null)
      throw new UserError(`${from} is an encoder, which has no word vectors.`, 'Leave --vectors out.');
    const how = { plan, settings, dataset, seed };
    prepared = await prepareSource(source, how, { vectors, sourceData, from, featureCache: options.featureCache });
    return { prepared, dataset, record: await recordOf({ ...given, from, source, sourceData, vectors, ...how }) };
  } finally {
    // What was loaded of a word-level network has been copied; an encoder is the model's by now.
    if (opened && (prepared === undefined || opened.kind === 'words')) await closeTextSource(opened);
  }
}

/** @throws UserError for a setting that is given and would be of no consequence. */
function requireSettingsOf({ words, method }: TextSettings, given: GivenTextSettings = {}): void {
  const [first] = Object.keys(given.words ?? {});
  if (words === null && first !== undefined)
    throw new UserError(`${first} is of word-level networks, and this is an encoder.`, 'Leave it out.');
  if (method !== 'setfit' && given.iterations != null)
    throw new UserError('Pairs of texts are what SetFit learns from.', 'Take the plan setfit, or leave them out.');
}

function planOf(plan: TransferPlan | string, source: OpenedSource): TransferPlan {
  if (typeof plan !== 'string') return plan;
  return namedTextPlan(plan, source.kind === 'words' ? source.loaded.network : undefined);
}

interface How {
  readonly plan: TransferPlan;
  readonly settings: TextSettings;
  readonly dataset: TextDataset;
  readonly seed: number;
}

async function prepareSource(
  source: OpenedSource,
  how: How,
  more: {
    readonly vectors: string | undefined;
    readonly sourceData: TextDataset | undefined;
    readonly featureCache: string | undefined;
    readonly from: string;
  },
): Promise<PreparedModel> {
  switch (source.kind) {
    case 'architecture':
    case 'words':
      return prepareNetwork(await startWords({ source, ...how, ...more }), how);
    case 'encoder':
      return prepareNetwork(await startEncoder({ folder: source.folder, ...how }), how);
    case 'frozen':
      return prepareFrozen(source.encoder, how, { name: more.from, cacheFolder: more.featureCache });
    default:
      return source satisfies never;
  }
}

async function recordOf({
  data,
  reading,
  from,
  source,
  plan,
  settings,
  dataset,
  seed,
  sourceData,
  vectors,
}: How &
  Given & {
    readonly from: string;
    readonly source: OpenedSource;
    readonly sourceData: TextDataset | undefined;
    readonly vectors: string | undefined;
  }) {
  const { train, validation, test } = dataset.splits;
  return {
    format: RECORD_FORMAT,
    domain: 'nlp',
    status: 'running',
    from,
    model: source.kind === 'architecture' ? 'words' : source.kind,
    source: await sourceWeights(source, plan),
    plan,
    seed,
    settings,
    classes: dataset.classes,
    pairs: dataset.pairs,
    data: {
      path: data,
      reading,
      fingerprint: dataset.fingerprint,
      examples: { train: train.length, validation: validation.length, test: test.length },
      skipped: dataset.skipped,
      warnings: dataset.warnings,
    },
    vectors: vectors === undefined ? null : { file: vectors, sha256: await sha256OfFile(vectors) },
    sourceData: sourceData ? { path: String(sourceData.path), fingerprint: sourceData.fingerprint } : null,
    ...runningOn(),
    result: null,
  } satisfies TextRecord;
}
