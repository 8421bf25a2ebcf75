/**
 * `attune demo`, which `npm start` runs: the embedded network on the embedded target task, from scratch, by a linear probe
 * and fully fine-tuned, over several seeds; one table, and one report that compares them.
 */
import { join, resolve } from 'node:path';
import { namedPlan, silentProgress, summarize } from '@attune/core';
import type { ReportedRun } from '@attune/report';
import { groupRuns, summaryOf } from '@attune/report';
import { writePage } from '@attune/report/node';
import type { VisionRecord } from '@attune/vision';
import { tuneVision } from '@attune/vision';
import { environment, environmentFacts } from '../environment.ts';
import { DEFAULT_DATA, locateData } from '../input/data-sets.ts';
import { newRunFolder } from '../input/run-folder.ts';
import { DEFAULT_MODEL, WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { reportRun } from '../report/reported-run.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { percent, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface DemoCommandOptions extends CommandOptions {
  /** Runs of each plan. Default: three, or fewer where they would take too long. */
  readonly seeds?: number;
  readonly out?: string;
  readonly report: string;
}

const PLANS = ['scratch', 'linear-probe', 'full'] as const;

const DEFAULT_SEEDS = 3;

/** Another round of runs is only begun if it should end within this time, seconds. */
const PATIENCE = 140;

export async function demoCommand(options: DemoCommandOptions): Promise<void> {
  const output = outputOf(options);
  const data = await locateData(DEFAULT_DATA);
  const out = options.out ?? (await newRunFolder('demo'));
  const backend = await backendOf(options);
  const seeds = options.seeds ?? DEFAULT_SEEDS;
  output.note(`${DEFAULT_MODEL} on ${DEFAULT_DATA}, ${seeds} runs of each plan, backend ${backend.name}`);
  const started = performance.now();
  const runs: ReportedRun[] = [];
  const records: VisionRecord[] = [];
  await stopOnInterrupt('Stopped.', async (signal) => {
    for (let seed = 0; seed < seeds; seed++) {
      const elapsed = (performance.now() - started) / 1000;
      if (options.seeds === undefined && seed > 0 && elapsed * (1 + 1 / seed) > PATIENCE) {
        output.note(
          `stopping after ${seed} of ${seeds} rounds: this machine is slow or busy; --seeds ${seeds} runs them all`,
        );
        break;
      }
      for (const plan of PLANS) {
        const result = await tuneVision({
          data,
          from: DEFAULT_MODEL,
          plan: namedPlan(plan),
          seed,
          out: join(out, `${plan}-seed${seed}`),
          dataDirectories: WEIGHT_DIRECTORIES,
          onBroken: 'refuse',
          progress: silentProgress,
          signal,
        });
        const run = await reportRun(result);
        result.network.dispose();
        runs.push(run);
        records.push(result.record);
        const { seconds } = result.record.result!;
        output.note(
          `${plan.padEnd(12)} seed ${seed}: test accuracy ${percent(result.record.result!.test!.accuracy)} after ${seconds.toFixed(1)} s`,
        );
      }
    }
  });
  await writePage(options.report, { runs, environment: environmentFacts(environment()) });
  const plans = groupRuns(runs).map((group) => {
    const results = records.filter(({ plan }) => plan.name === group.label).map(({ result }) => result!);
    return {
      plan: group.label,
      accuracy: summaryOf(group, 'accuracy'),
      seconds: summarize(results.map(({ seconds }) => seconds)),
      parameters: results[0]!.trainableParameters,
    };
  });
  const rows = plans.map(({ plan, accuracy, seconds, parameters }) => [
    plan,
    `${percent(accuracy!.mean)}`,
    accuracy!.count > 1 ? `${(100 * accuracy!.standardDeviation).toFixed(1)}` : '-',
    `${seconds.mean.toFixed(1)} s`,
    parameters.toLocaleString('en-US'),
  ]);
  const { classes, data: dataset } = records[0]!;
  output.result(
    {
      from: DEFAULT_MODEL,
      data: DEFAULT_DATA,
      runs: records,
      plans: plans.map(({ plan, accuracy, seconds }) => ({ plan, accuracy, seconds })),
      folder: out,
      report: options.report,
      seconds: (performance.now() - started) / 1000,
    },
    [
      `${DEFAULT_MODEL}, pre-trained on fixtures/shapes, tuned to ${classes.length} other classes with ${dataset.examples.train} images:`,
      table([['plan', 'test accuracy', 'sd', 'time of a run', 'parameters moved'], ...rows]),
      `means over ${plans[0]!.accuracy!.count} seeds; ${dataset.examples.test} test images each`,
      `runs: ${out}`,
      `report: ${resolve(options.report)}`,
    ].join('\n'),
  );
}
