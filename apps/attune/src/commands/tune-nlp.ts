/** `attune tune nlp`: from labelled texts to a run's folder. */
import { basename } from 'node:path';
import { defined, describePlan, silentProgress, UserError } from '@attune/core';
import { terminalProgress } from '@attune/core/node';
import {
  type AdviseTextsOptions,
  adviseTexts,
  type GivenTextSettings,
  readTextRecord,
  type TextRecord,
  type TuneStart,
  type TuneTextsOptions,
  tuneTexts,
} from '@attune/nlp';
import type { ReadingOptions } from '../declare/text-options.ts';
import { DEFAULT_TEXTS, locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { isPlanFile, readPlan } from '../input/plan.ts';
import { readingOf } from '../input/reading.ts';
import { locateTextModel } from '../input/text-models.ts';
import { reportTexts } from '../report/reported-texts.ts';
import { calmProgress } from '../terminal/calm-progress.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import type { Output } from '../terminal/output.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';
import { type SeededRun, type TunedRun, tuneSeeds } from './tune-seeds.ts';

export interface TuneNlpCommandOptions extends CommandOptions, ReadingOptions {
  readonly data?: string;
  readonly from?: string;
  readonly plan?: string;
  readonly vectors?: string;
  readonly sourceData?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly weightDecay?: number;
  readonly patience?: number;
  readonly balance?: 'sampling' | 'weights';
  readonly maxLength?: number;
  readonly embeddingSize?: number;
  readonly hiddenSize?: number;
  readonly dropout?: number;
  readonly minCount?: number;
  readonly pairsPerText?: number;
  readonly offline?: boolean;
  readonly seed?: number;
  readonly seeds?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly checkpointSeconds?: number;
  readonly cache: boolean;
  readonly report: boolean;
}

export async function tuneNlpCommand(options: TuneNlpCommandOptions): Promise<void> {
  const output = outputOf(options);
  // Asked for once: runs of several seeds are of one plan.
  let advised: string | undefined;
  // Names are resolved where the network is known.
  const given = options.plan !== undefined && isPlanFile(options.plan) ? await readPlan(options.plan) : options.plan;
  await tuneSeeds<TextRecord>({
    options,
    output,
    name: `${baseName(options.data ?? DEFAULT_TEXTS)}-${typeof given === 'object' ? given.name : (given ?? 'nlp')}`,
    unit: 'texts',
    readRecord: readTextRecord,
    tune: async (run) => {
      const inputs = await inputsOf(options, run.begun);
      const before = given === undefined || given === AUTO ? run.begun?.plan : undefined;
      const plan =
        before ??
        (given === AUTO
          ? (advised ??= await advisedPlan({ ...inputs, seed: run.seed, offline: options.offline }, output))
          : given);
      return tuneOnce({ options, run, inputs, plan, output });
    },
  });
}

/** What is read: as it is given, or as in the run that is gone on with. */
async function inputsOf(options: TuneNlpCommandOptions, begun: TextRecord | undefined) {
  const data = await locateData(options.data ?? begun?.data.path ?? DEFAULT_TEXTS);
  const from = options.from ?? begun?.from;
  const sourceData = options.sourceData ?? begun?.sourceData?.path;
  return {
    data,
    from: from === undefined ? undefined : await locateTextModel(from),
    sourceData: sourceData === undefined ? undefined : await locateData(sourceData),
    reading: { ...(data === begun?.data.path ? begun.data.reading : {}), ...readingOf(options) },
  };
}

interface OneRun {
  readonly options: TuneNlpCommandOptions;
  readonly run: SeededRun<TextRecord>;
  readonly inputs: Awaited<ReturnType<typeof inputsOf>>;
  readonly plan: TuneTextsOptions['plan'];
  readonly output: Output;
}

async function tuneOnce({ options, run, inputs, plan, output }: OneRun): Promise<TunedRun<TextRecord>> {
  const { begun, out, seed, goOnWith } = run;
  const backend = await backendOf(options);
  // What is wrong with the input is said alone: only when training begins is it said what it is.
  const onStart = ({ dataset, record, notes }: TuneStart) => {
    const { skipped, warnings } = dataset;
    for (const { name, reason } of skipped.slice(0, SHOWN_SKIPS)) output.note(`left out: ${name}: ${reason}`);
    if (skipped.length > SHOWN_SKIPS) output.note(`and ${skipped.length - SHOWN_SKIPS} more rows, see run.json`);
    for (const warning of warnings) output.note(`warning: ${warning}`);
    if (inputs.from === undefined)
      output.note(
        `without --from: ${record.from} with random values. To begin from a pre-trained encoder, give its folder, or a name on the Hugging Face hub, such as --from Xenova/all-MiniLM-L6-v2`,
      );
    output.note(`${record.from} on ${inputs.data}, backend ${backend.name} (${backend.reason})`);
    for (const note of notes) output.note(note);
    output.note(describePlan(record.plan));
  };
  const progress = calmProgress(options.quiet === true ? silentProgress : terminalProgress(), () => {});
  const prepared = prepareProgress();
  const result = await stopOnInterrupt(`Stopped. Go on with: ${goOnWith}`, async (signal) =>
    tuneTexts({
      ...inputs,
      plan,
      vectors: options.vectors ?? begun?.vectors?.file,
      seed,
      out,
      resume: options.resume === true,
      settings: settingsOf(options, begun),
      featureCache: options.cache ? featureCache() : undefined,
      offline: options.offline,
      checkpointSeconds: options.checkpointSeconds,
      progress,
      signal,
      onStart,
      ...(options.quiet === true
        ? {}
        : {
            onPrepare: prepared,
            onDownload: ({ loaded, total }: { loaded: number; total: number }) => prepared('downloads', loaded, total),
          }),
    }),
  );
  try {
    return { record: result.record, reported: options.report ? reportTexts(result) : null };
  } finally {
    await result.model.dispose();
  }
}

/** Rows that were left out, of which more than these are only counted: there may be thousands. */
const SHOWN_SKIPS = 10;

/** Stands for the plan that `attune advise nlp` recommends. */
const AUTO = 'auto';

async function advisedPlan(
  { from, ...options }: Omit<AdviseTextsOptions, 'from'> & { readonly from: string | undefined },
  output: Output,
): Promise<string> {
  if (from === undefined)
    throw new UserError('The plan auto is advice on a source, and none is named.', 'Name it with --from.');
  const { recommended, scenario } = await adviseTexts({ ...options, from });
  output.note(
    `advised: ${recommended.plan} (size ${scenario.size}, likeness ${scenario.likeness}); all of the advice: attune advise nlp`,
  );
  return recommended.plan;
}

/** Settings that are given, over those of the run that is gone on with; the rest follows from plan and model. */
function settingsOf(options: TuneNlpCommandOptions, begun: TextRecord | undefined): GivenTextSettings {
  const { epochs, batch, lr, weightDecay, patience, balance, maxLength, pairsPerText } = options;
  const { embeddingSize, hiddenSize, dropout, minCount } = options;
  const { method: _, words, ...before } = begun?.settings ?? {};
  const sizes = defined({ embeddingSize, hiddenSize, dropout, minimumCount: minCount });
  return {
    ...before,
    ...defined({
      epochs,
      batchSize: batch,
      learningRate: lr,
      weightDecay,
      patience,
      balance,
      maxLength,
      iterations: pairsPerText,
    }),
    words: { ...words, ...sizes },
  };
}

/** Without the ending of a table. */
function baseName(place: string): string {
  return basename(place).replace(/\.(csv|tsv|jsonl|parquet)(\.gz)?$/i, '');
}
