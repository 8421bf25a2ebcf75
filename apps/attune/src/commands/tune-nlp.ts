/** `attune tune nlp`: from labelled texts to a run's folder. */
import { basename, join } from 'node:path';
import { defined, describePlan, silentProgress, summarize, UserError } from '@attune/core';
import { terminalProgress } from '@attune/core/node';
import {
  type AdviseTextsOptions,
  adviseTexts,
  type GivenTextSettings,
  readTextRecord,
  type TextRecord,
  type TuneStart,
  type TuneTextsResult,
  tuneTexts,
} from '@attune/nlp';
import type { ReportedRun } from '@attune/report';
import { writePage } from '@attune/report/node';
import type { ReadingOptions } from '../declare/text-options.ts';
import { environment, environmentFacts } from '../environment.ts';
import { begunRun } from '../input/begun-run.ts';
import { DEFAULT_TEXTS, locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { isPlanFile, readPlan } from '../input/plan.ts';
import { readingOf } from '../input/reading.ts';
import { newRunFolder } from '../input/run-folder.ts';
import { locateTextModel } from '../input/text-models.ts';
import { reportTexts } from '../report/reported-texts.ts';
import { calmProgress } from '../terminal/calm-progress.ts';
import { finishedRun } from '../terminal/finished-run.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import type { Output } from '../terminal/output.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { percent, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

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
  const place = options.data ?? (await begunRun(options, readTextRecord))?.data.path ?? DEFAULT_TEXTS;
  const out = options.out ?? (await newRunFolder(`${baseName(place)}-${options.plan ?? 'nlp'}`));
  const { seeds = 1 } = options;
  if (seeds === 1) {
    const run = await tuneOnce(options, place, out, output);
    return output.result(
      { run: out, report: run.report, ...run.record },
      [
        ...finishedRun(run.record, { unit: 'texts' }),
        `run: ${out}`,
        ...(run.report === null ? [] : [`report: ${run.report}`]),
      ].join('\n'),
    );
  }
  const runs: FinishedRun[] = [];
  const first = options.seed ?? 0;
  for (let seed = first; seed < first + seeds; seed++) {
    output.note(`seed ${seed}:`);
    runs.push(await tuneOnce({ ...options, seed }, place, join(out, `seed${seed}`), output));
  }
  finishSeeds(output, runs, out, options.report ? await reportAll(runs, out) : null);
}

interface FinishedRun {
  readonly record: TextRecord;
  readonly reported: ReportedRun;
  readonly report: string | null;
}

async function tuneOnce(
  options: TuneNlpCommandOptions,
  place: string,
  out: string,
  output: Output,
): Promise<FinishedRun> {
  const begun = await begunRun({ ...options, out }, readTextRecord);
  const data = await locateData(place);
  const given = options.from ?? begun?.from;
  const from = given === undefined ? undefined : await locateTextModel(given);
  const sourceData = options.sourceData ?? begun?.sourceData?.path;
  const backend = await backendOf(options);
  const reading = { ...(data === begun?.data.path ? begun.data.reading : {}), ...readingOf(options) };
  const plan =
    options.plan === AUTO && begun === undefined
      ? await advisedPlan({ data, reading, from, seed: options.seed, offline: options.offline }, output)
      : await planOf(options, begun);
  // What is wrong with the input is said alone: only when training begins is it said what it is.
  const onStart = ({ dataset, record, notes }: TuneStart) => {
    const { skipped, warnings } = dataset;
    for (const { name, reason } of skipped.slice(0, SHOWN_SKIPS)) output.note(`left out: ${name}: ${reason}`);
    if (skipped.length > SHOWN_SKIPS) output.note(`and ${skipped.length - SHOWN_SKIPS} more rows, see run.json`);
    for (const warning of warnings) output.note(`warning: ${warning}`);
    if (from === undefined)
      output.note(
        `without --from: ${record.from} with random values. A pre-trained encoder would do better on most data: give its folder, or a name on the Hugging Face hub, such as --from Xenova/all-MiniLM-L6-v2`,
      );
    output.note(`${record.from} on ${data}, backend ${backend.name} (${backend.reason})`);
    for (const note of notes) output.note(note);
    output.note(describePlan(record.plan));
  };
  const progress = calmProgress(options.quiet === true ? silentProgress : terminalProgress(), () => {});
  const prepared = prepareProgress();
  const result = await stopOnInterrupt(`Stopped. Go on with: --out ${out} --resume`, async (signal) =>
    tuneTexts({
      data,
      reading,
      from,
      plan,
      vectors: options.vectors ?? begun?.vectors?.file,
      sourceData: sourceData === undefined ? undefined : await locateData(sourceData),
      seed: options.seed ?? begun?.seed ?? 0,
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
    return await finish(result, options.report ? join(out, 'report.html') : null);
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

async function planOf({ plan }: TuneNlpCommandOptions, begun: TextRecord | undefined) {
  if (plan === undefined || plan === AUTO) return begun?.plan;
  // Names are resolved where the network is known.
  return isPlanFile(plan) ? readPlan(plan) : plan;
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

async function finish(result: TuneTextsResult, report: string | null): Promise<FinishedRun> {
  const reported = reportTexts(result);
  if (report !== null) await writePage(report, { runs: [reported], environment: environmentFacts(environment()) });
  return { record: result.record, reported, report };
}

async function reportAll(runs: readonly FinishedRun[], out: string): Promise<string> {
  const report = join(out, 'report.html');
  await writePage(report, { runs: runs.map(({ reported }) => reported), environment: environmentFacts(environment()) });
  return report;
}

/** Mean and spread over the seeds, on the test texts where there are some, else on validation. */
function finishSeeds(output: Output, runs: readonly FinishedRun[], out: string, report: string | null): void {
  const records = runs.map(({ record }) => record);
  const split = records.every(({ result }) => result!.test !== null) ? 'test' : 'validation';
  const metrics = records.map(({ result }) => result![split]);
  if (metrics.some((each) => each === null))
    throw new UserError('There are neither test nor validation texts to compare seeds on.', 'Add texts.');
  const of = (name: 'accuracy' | 'macroF1' | 'loss') => summarize(metrics.map((each) => each![name]));
  const summary = { accuracy: of('accuracy'), macroF1: of('macroF1'), loss: of('loss') };
  output.result(
    { run: out, report, split, summary, runs: records },
    [
      table([
        ['seed', `${split} accuracy`, 'macro F1', 'loss', 'time'],
        ...records.map(({ seed, result }, i) => [
          String(seed),
          percent(metrics[i]!.accuracy),
          metrics[i]!.macroF1.toFixed(3),
          metrics[i]!.loss.toFixed(4),
          `${result!.seconds.toFixed(1)} s`,
        ]),
      ]),
      `mean accuracy ${percent(summary.accuracy.mean)}, standard deviation ${(100 * summary.accuracy.standardDeviation).toFixed(1)} points over ${records.length} seeds`,
      `runs: ${out}`,
      ...(report === null ? [] : [`report: ${report}`]),
    ].join('\n'),
  );
}

/** Without the ending of a table. */
function baseName(place: string): string {
  return basename(place).replace(/\.(csv|tsv|jsonl|parquet)(\.gz)?$/i, '');
}
