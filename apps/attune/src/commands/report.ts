/** `attune report`: what runs and studies say, from their records alone. */
import { join, resolve } from 'node:path';
import { describePlan, parsePlan, suggestNames, UserError } from '@attune/core';
import type { ReportedRun, StudyRecord } from '@attune/report';
import { groupRuns, groupTable, metricNames, metricsOf, studyTable, summaryOf, terminalText } from '@attune/report';
import type { ReadRun } from '@attune/report/node';
import { readRecords, writePage } from '@attune/report/node';
import type { CommandOptions } from './command-options.ts';
import { outputOf } from './command-options.ts';

export interface ReportCommandOptions extends CommandOptions {
  readonly metric?: string;
  readonly out: string;
}

export async function reportCommand(paths: readonly string[], options: ReportCommandOptions): Promise<void> {
  const output = outputOf(options);
  const { metric, out } = options;
  const found = await readRecords(paths);
  const runs = found.runs.map(withPlan);
  requireMetric(metric, runs, found.studies);
  await writePage(out, { runs, studies: found.studies, metric });
  const groups = groupRuns(runs);
  const tables = [
    ...(groups.length > 0 ? [groupTable(groups, metric)] : []),
    ...found.studies.map((study) => studyTable(study, metric)),
  ];
  output.result(
    {
      runs: groups.map((group) => ({
        plan: group.label,
        runs: group.runs.length,
        metrics: Object.fromEntries(metricsOf(group.runs).map((name) => [name, summaryOf(group, name)])),
      })),
      studies: found.studies,
      report: out,
    },
    [
      ...tables.flatMap((table) => (table === undefined ? [] : [terminalText(table), ''])),
      `report: ${resolve(out)}`,
    ].join('\n'),
  );
}

/** With the plan in words. @throws UserError when the record's plan is none. */
function withPlan(run: ReadRun): ReportedRun {
  const plan = parsePlan(run.record.plan, join(run.folder, 'run.json'));
  return { ...run, facts: [['plan', describePlan(plan)]] };
}

/** @throws UserError where no run and no study has it. */
function requireMetric(
  metric: string | undefined,
  runs: readonly ReportedRun[],
  studies: readonly StudyRecord[],
): void {
  const names = [...metricsOf(runs), ...studies.flatMap(({ measurements }) => metricNames(measurements))];
  if (metric !== undefined && !names.includes(metric))
    throw new UserError(`No run and no study has the metric '${metric}'.`, suggestNames(metric, names));
}
