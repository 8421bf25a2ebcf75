/** Runs of one plan together: what several seeds say. */
import type { Summary, TransferPlan } from '@attune/core';
import { summarize } from '@attune/core';
import type { ReportedRun } from './reported-run.ts';

export interface PlanRuns {
  readonly plan: TransferPlan;
  readonly runs: readonly ReportedRun[];
  /** Over the runs; null where they were not evaluated. */
  readonly accuracy: Summary | null;
  /** Training time over the runs, seconds. */
  readonly seconds: Summary;
  /** The runs' confusion matrices added up, or null. */
  readonly confusion: readonly (readonly number[])[] | null;
}

/** Runs grouped by their plan's name, in the order in which plans come first. */
export function groupByPlan(runs: readonly ReportedRun[]): PlanRuns[] {
  const groups = new Map<string, ReportedRun[]>();
  for (const run of runs) {
    const { name } = run.record.plan;
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return [...groups.values()].map((group): PlanRuns => {
    const metrics = group.flatMap(({ evaluated }) => (evaluated ? [evaluated.metrics] : []));
    return {
      plan: group[0]!.record.plan,
      runs: group,
      accuracy: metrics.length > 0 ? summarize(metrics.map(({ accuracy }) => accuracy)) : null,
      seconds: summarize(group.map(({ record }) => record.result?.seconds ?? 0)),
      confusion: metrics.length > 0 ? metrics.map(({ confusion }) => confusion).reduce(addMatrices) : null,
    };
  });
}

function addMatrices(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  return a.map((row, i) => row.map((count, j) => count + b[i]![j]!));
}
