/** One run of `attune tune`, or one for each of several seeds: what becomes of them, in any domain. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { summarize, UserError } from '@attune/core';
import type { TrainingRecord } from '@attune/core/node';
import type { ReportedRun } from '@attune/report';
import { writePage } from '@attune/report/node';
import { environment, environmentFacts } from '../environment.ts';
import { newRunFolder } from '../input/run-folder.ts';
import { finishedRun } from '../terminal/finished-run.ts';
import { type Figures, figuresOf } from '../terminal/metrics.ts';
import type { Output } from '../terminal/output.ts';
import { percent, table } from '../terminal/table.ts';

export interface TuneSeedsOptions<Record extends TrainingRecord> {
  readonly options: {
    readonly seed?: number;
    readonly seeds?: number;
    /** Folder of the run; of several, each has its own in it. */
    readonly out?: string;
    readonly resume?: boolean;
  };
  readonly output: Output;
  /** Of the new folder where none is named. */
  readonly name: string;
  /** What an example is, and what its classes are called. */
  readonly unit: 'images' | 'texts';
  readonly classesAre?: (record: Record) => 'classes' | 'labels';
  /** Undefined where the folder holds none. */
  readonly readRecord: (folder: string) => Promise<Record | undefined>;
  /** @param begun What is not given is taken from it: the run that is gone on with, or else the first of its seeds. */
  readonly tune: (run: SeededRun<Record>) => Promise<TunedRun<Record>>;
}

export interface SeededRun<Record extends TrainingRecord> {
  readonly seed: number;
  readonly out: string;
  readonly begun: Record | undefined;
  /** What a run that is broken off is gone on with. */
  readonly goOnWith: string;
}

export interface TunedRun<Record extends TrainingRecord> {
  readonly record: Record;
  /** Null where no report is asked for. */
  readonly reported: ReportedRun | null;
}

/** @throws UserError when a run is to be gone on with, and it is not clear which. */
export async function tuneSeeds<Record extends TrainingRecord>(all: TuneSeedsOptions<Record>): Promise<void> {
  const { options, output, name, readRecord, tune } = all;
  if (options.resume === true && options.out === undefined)
    throw new UserError('--resume needs the folder of a run.', 'Name it with --out, such as --out runs/my-run.');
  const out = options.out ?? (await newRunFolder(name));
  const goOnWith = `--out ${out} --resume`;
  const begunIn = async (folder: string) => (options.resume === true ? readRecord(folder) : undefined);
  const { seeds = 1 } = options;
  if (seeds === 1) {
    const begun = await begunIn(out);
    if (begun === undefined && options.resume === true) await refuseSeveral(out);
    return finishOne(all, out, await tune({ seed: options.seed ?? begun?.seed ?? 0, out, begun, goOnWith }));
  }
  const first = options.seed ?? 0;
  const folderOf = (seed: number) => join(out, `seed${seed}`);
  const firstBegun = await begunIn(folderOf(first));
  const runs: TunedRun<Record>[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    output.note(`seed ${seed}:`);
    const begun = (await begunIn(folderOf(seed))) ?? firstBegun;
    const asBefore = `${goOnWith} --seeds ${seeds}${first === 0 ? '' : ` --seed ${first}`}`;
    runs.push(await tune({ seed, out: folderOf(seed), begun, goOnWith: asBefore }));
  }
  return finishSeveral(all, out, runs);
}

async function refuseSeveral(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  if (names.some((name) => /^seed\d+$/.test(name)))
    throw new UserError(`${out} holds runs of several seeds.`, 'Give --seeds as before, and --seed if it was given.');
}

async function finishOne<Record extends TrainingRecord>(
  { output, unit, classesAre }: TuneSeedsOptions<Record>,
  out: string,
  { record, reported }: TunedRun<Record>,
): Promise<void> {
  const report = await writeReport(out, [{ reported }]);
  output.result(
    { run: out, report, ...record },
    [
      ...finishedRun(record, { unit, ...(classesAre && { classesAre: classesAre(record) }) }),
      `run: ${out}`,
      ...(report === null ? [] : [`report: ${report}`]),
    ].join('\n'),
  );
}

/** Mean and spread over the seeds, on the test where there is one, else on validation. */
async function finishSeveral<Record extends TrainingRecord>(
  { output, unit }: TuneSeedsOptions<Record>,
  out: string,
  runs: readonly TunedRun<Record>[],
): Promise<void> {
  const records = runs.map(({ record }) => record);
  const report = await writeReport(out, runs);
  const split = records.every(({ result }) => result!.test !== null) ? 'test' : 'validation';
  const metrics = records.map(({ result }) => result![split] as Figures | null);
  if (!metrics.every((each) => each !== null))
    throw new UserError(`There are neither test nor validation ${unit} to compare seeds on.`, `Add ${unit}.`);
  const names = (['accuracy', 'meanAveragePrecision', 'macroF1', 'microF1', 'loss'] as const).filter(
    (name) => metrics[0]![name] !== undefined,
  );
  const summary = Object.fromEntries(names.map((name) => [name, summarize(metrics.map((each) => each[name]!))]));
  const figures = metrics.map(figuresOf);
  const { mean, standardDeviation } = summary.accuracy!;
  output.result(
    { run: out, report, split, summary, runs: records },
    [
      table([
        [`seed, ${split}`, ...figures[0]!.map(([name]) => name), 'time'],
        ...records.map(({ seed, result }, i) => [
          String(seed),
          ...figures[i]!.map(([, value]) => value),
          `${result!.seconds.toFixed(1)} s`,
        ]),
      ]),
      `mean accuracy ${percent(mean)}, standard deviation ${(100 * standardDeviation).toFixed(1)} points over ${records.length} seeds`,
      `runs: ${out}`,
      ...(report === null ? [] : [`report: ${report}`]),
    ].join('\n'),
  );
}

async function writeReport(
  out: string,
  runs: readonly Pick<TunedRun<TrainingRecord>, 'reported'>[],
): Promise<string | null> {
  const reported = runs.flatMap((run) => run.reported ?? []);
  if (reported.length === 0) return null;
  const report = join(out, 'report.html');
  await writePage(report, { runs: reported, environment: environmentFacts(environment()) });
  return report;
}
