/** `attune tune vision`: from a folder of images to a run's folder. */
import { basename, join } from 'node:path';
import type { TransferPlan } from '@attune/core';
import { defined, describePlan, namedPlan, silentProgress } from '@attune/core';
import { terminalProgress } from '@attune/core/node';
import { writePage } from '@attune/report/node';
import type { LabelKind, TuneVisionOptions, TuneVisionResult, VisionRecord } from '@attune/vision';
import { readRecord, tuneVision } from '@attune/vision';
import { environment, environmentFacts } from '../environment.ts';
import { begunRun } from '../input/begun-run.ts';
import { DEFAULT_DATA, locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { readPlan } from '../input/plan.ts';
import { newRunFolder } from '../input/run-folder.ts';
import { withSkipHint } from '../input/skip-hint.ts';
import { DEFAULT_MODEL, WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { reportRun } from '../report/reported-run.ts';
import { calmProgress } from '../terminal/calm-progress.ts';
import { finishedRun } from '../terminal/finished-run.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import type { Output } from '../terminal/output.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { askAdvice } from './ask-advice.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

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
  const begun = await begunRun(options, readRecord);
  const from = options.from ?? begun?.from ?? DEFAULT_MODEL;
  const place = options.data ?? begun?.data.path ?? DEFAULT_DATA;
  const data = await locateData(place);
  const advised = options.plan === AUTO && begun === undefined ? await advisedPlan(options, data, from, output) : null;
  const plan = advised ?? (await planOf(options, begun));
  const out = options.out ?? (await newRunFolder(`${basename(place).replace(/\.csv$/i, '')}-${plan.name}`));
  const backend = await backendOf(options);

  // What is wrong with the input is said alone: only when training begins is it said what it is.
  const progress = calmProgress(options.quiet === true ? silentProgress : terminalProgress(), () => {
    if (options.from === undefined && begun === undefined && options.data !== undefined)
      output.note(`without --from: the small embedded ${DEFAULT_MODEL}; for photos choose from 'attune models list'`);
    output.note(`${from} on ${data}, backend ${backend.name} (${backend.reason})`);
    output.note(describePlan(plan));
  });
  const onPrepare = prepareProgress();
  const result = await stopOnInterrupt(`Stopped. Go on with: --out ${out} --resume`, (signal) =>
    tuneVision({
      data,
      from,
      plan,
      seed: options.seed ?? begun?.seed ?? 0,
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
    const report = options.report ? join(out, 'report.html') : null;
    if (report !== null)
      await writePage(report, { runs: [await reportRun(result)], environment: environmentFacts(environment()) });
    finish(output, result, out, report);
  } finally {
    result.network.dispose();
  }
}

async function planOf({ plan }: TuneVisionCommandOptions, begun: VisionRecord | undefined): Promise<TransferPlan> {
  return (plan === undefined || plan === AUTO) && begun !== undefined ? begun.plan : readPlan(plan ?? DEFAULT_PLAN);
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

function finish(output: Output, { record }: TuneVisionResult, out: string, report: string | null): void {
  output.result(
    { run: out, report, ...record },
    [
      ...finishedRun(record, { unit: 'images', classesAre: record.labels === 'multi' ? 'labels' : 'classes' }),
      `run: ${out}`,
      ...(report === null ? [] : [`report: ${report}`]),
    ].join('\n'),
  );
}
