/** `attune tune vision`: from a folder of images to a run's folder. */
import { basename } from 'node:path';
import type { TransferPlan } from '@attune/core';
import { defined, describePlan, namedPlan, silentProgress } from '@attune/core';
import { terminalProgress } from '@attune/core/node';
import type { LabelKind, TuneVisionOptions, VisionRecord } from '@attune/vision';
import { readRecord, tuneVision } from '@attune/vision';
import { DEFAULT_DATA, locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { readPlan } from '../input/plan.ts';
import { withSkipHint } from '../input/skip-hint.ts';
import { DEFAULT_MODEL, WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { reportRun } from '../report/reported-run.ts';
import { calmProgress } from '../terminal/calm-progress.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import type { Output } from '../terminal/output.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { askAdvice } from './ask-advice.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';
import { type SeededRun, type TunedRun, tuneSeeds } from './tune-seeds.ts';

export interface TuneVisionCommandOptions extends CommandOptions {
  readonly data?: string;
  readonly from?: string;
  readonly weights?: string;
  readonly plan?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly weightDecay?: number;
  readonly patience?: number;
  readonly balance?: 'sampling' | 'weights';
  readonly labels?: LabelKind;
  readonly mixup?: number;
  readonly cutmix?: number;
  readonly size?: number;
  readonly seed?: number;
  readonly seeds?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly checkpointSeconds?: number;
  readonly onBroken: 'skip' | 'refuse';
  readonly cache: boolean;
  readonly report: boolean;
}

const DEFAULT_PLAN = 'full';
/** Stands for the plan that `attune advise vision` recommends. */
const AUTO = 'auto';

export async function tuneVisionCommand(options: TuneVisionCommandOptions): Promise<void> {
  const output = outputOf(options);
  // Asked for once: runs of several seeds are of one plan.
  let advised: TransferPlan | undefined;
  const given = options.plan === AUTO ? undefined : await readPlan(options.plan ?? DEFAULT_PLAN);
  await tuneSeeds<VisionRecord>({
    options,
    output,
    name: `${basename(options.data ?? DEFAULT_DATA).replace(/\.csv$/i, '')}-${given?.name ?? AUTO}`,
    unit: 'images',
    classesAre: ({ labels }) => (labels === 'multi' ? 'labels' : 'classes'),
    readRecord,
    tune: async (run) => {
      const from = options.from ?? run.begun?.from ?? DEFAULT_MODEL;
      const data = await locateData(options.data ?? run.begun?.data.path ?? DEFAULT_DATA);
      const before = options.plan === undefined || options.plan === AUTO ? run.begun?.plan : undefined;
      const plan =
        before ?? given ?? (advised ??= await advisedPlan({ ...options, seed: run.seed }, data, from, output));
      return tuneOnce({ options, run, data, from, plan, output });
    },
  });
}

interface OneRun {
  readonly options: TuneVisionCommandOptions;
  readonly run: SeededRun<VisionRecord>;
  readonly data: string;
  readonly from: string;
  readonly plan: TransferPlan;
  readonly output: Output;
}

async function tuneOnce({ options, run, data, from, plan, output }: OneRun): Promise<TunedRun<VisionRecord>> {
  const { begun, out, seed, goOnWith } = run;
  const backend = await backendOf(options);
  // What is wrong with the input is said alone: only when training begins is it said what it is.
  const progress = calmProgress(options.quiet === true ? silentProgress : terminalProgress(), () => {
    if (options.from === undefined && begun === undefined && options.data !== undefined)
      output.note(`without --from: the small embedded ${DEFAULT_MODEL}; for photos choose from 'attune models list'`);
    output.note(`${from} on ${data}, backend ${backend.name} (${backend.reason})`);
    output.note(describePlan(plan));
  });
  const onPrepare = prepareProgress();
  const result = await stopOnInterrupt(`Stopped. Go on with: ${goOnWith}`, (signal) =>
    tuneVision({
      data,
      from,
      plan,
      seed,
      out,
      resume: options.resume === true,
      dataDirectories: WEIGHT_DIRECTORIES,
      weightsFile: options.weights,
      labels: options.labels ?? (begun && (begun.labels ?? 'single')),
      settings: settingsOf(options, begun),
      onBroken: options.onBroken,
      featureCache: options.cache ? featureCache() : undefined,
      progress,
      signal,
      onData: ({ skipped, warnings }) => {
        for (const { name, reason } of skipped) output.note(`left out: ${name}: ${reason}`);
        for (const warning of warnings) output.note(`warning: ${warning}`);
      },
      ...(options.checkpointSeconds === undefined ? {} : { checkpointSeconds: options.checkpointSeconds }),
      ...(options.quiet === true ? {} : { onPrepare }),
    }).catch((error: unknown) => {
      throw withSkipHint(error, options.onBroken);
    }),
  );
  try {
    return { record: result.record, reported: options.report ? await reportRun(result) : null };
  } finally {
    result.network.dispose();
  }
}

async function advisedPlan(
  options: TuneVisionCommandOptions,
  data: string,
  from: string,
  output: Output,
): Promise<TransferPlan> {
  await backendOf(options);
  const { scenario, recommended } = await askAdvice({
    ...options,
    data,
    from,
    size: options.size,
    labels: options.labels,
  });
  output.note(`advised: ${recommended.name} (${scenario.name}); all of the advice: attune advise vision`);
  return namedPlan(recommended.name);
}

/** Settings that are given, over those of the run that is gone on with; the rest follows from the plan. */
function settingsOf(
  { epochs, batch, lr, weightDecay, patience, balance, mixup, cutmix, size }: TuneVisionCommandOptions,
  begun: VisionRecord | undefined,
): NonNullable<TuneVisionOptions['settings']> {
  const given = { epochs, batchSize: batch, learningRate: lr, weightDecay, patience, balance, size };
  return {
    ...begun?.settings,
    ...defined(given),
    augmentation: { ...begun?.settings.augmentation, ...defined({ mixup, cutmix }) },
  };
}
