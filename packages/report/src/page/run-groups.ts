/** Runs that differ in their seed alone, together: what several seeds say. */
import { type Summary, summarize } from '@attune/core';
import { dataOf, type Evaluation, type MetricsLine, type RunRecord, resultNumber } from '../records/run-record.ts';
import type { Measurement } from '../records/study-record.ts';
import { plainTable, type Table } from '../tables/table.ts';
import { isShare, mainMetric, metricText, secondsText, wordsOf } from './words.ts';

/** A run with all that a page shows of it. */
export interface ReportedRun {
  readonly record: RunRecord;
  readonly history: readonly MetricsLine[];
  readonly evaluated: Evaluation | null;
  /** Examples with what they were taken for. */
  readonly pictures?: readonly Picture[];
  readonly passages?: readonly Passage[];
  /** What its domain has to say beyond the record's fields: the plan in words, ... */
  readonly facts?: readonly Fact[];
}

export type Fact = readonly [name: string, value: string];

export interface Picture {
  readonly name: string;
  readonly truth: string;
  readonly prediction: string;
  /** Of the prediction, in [0, 1]. */
  readonly probability: number;
  /** The image as a data URI. */
  readonly source: string;
  /** Whether it is so small that it should be shown with sharp pixels. */
  readonly isSmall: boolean;
}

/** An example of texts. */
export interface Passage {
  readonly name: string;
  /** The text, or both of a pair. */
  readonly texts: readonly string[];
  readonly truth: string;
  readonly prediction: string;
  /** Of the prediction, in [0, 1]. */
  readonly probability: number;
}

export interface RunGroup {
  /** The plan's name, and what else tells this group from the others. */
  readonly label: string;
  readonly runs: readonly ReportedRun[];
}

/** Groups in the order in which they come first. */
export function groupRuns(runs: readonly ReportedRun[]): RunGroup[] {
  const groups = new Map<string, ReportedRun[]>();
  for (const run of runs) {
    const key = JSON.stringify(traitsOf(run.record));
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const firsts = [...groups.values()].map(([first]) => traitsOf(first!.record));
  return [...groups.values()].map((own) => ({ label: labelOf(traitsOf(own[0]!.record), firsts), runs: own }));
}

interface Traits {
  readonly plan: string;
  readonly others: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

function traitsOf(record: RunRecord): Traits {
  const { path, fingerprint } = dataOf(record);
  const settings = Object.entries(record.settings).map(([name, value]) => [name, JSON.stringify(value)]);
  return {
    plan: record.plan.name,
    others: [record.from, path ?? fingerprint ?? '', record.domain],
    settings: Object.fromEntries(settings),
  };
}

/** The plan, whatever else differs between all groups, and the settings that differ among those alike in all of these. */
function labelOf(own: Traits, all: readonly Traits[]): string {
  const others = own.others.filter((_, i) => new Set(all.map((traits) => traits.others[i])).size > 1);
  const twins = all.filter(
    ({ plan, others: theirs }) => plan === own.plan && theirs.every((x, i) => x === own.others[i]),
  );
  const settings = Object.entries(own.settings)
    .filter(([name, value]) => twins.some((twin) => twin.settings[name] !== value))
    .map(([name, value]) => `${wordsOf(name)} ${value}`);
  return [own.plan, ...others, ...settings].join(', ');
}

/** Names of the metrics that the runs were evaluated by. */
export function metricsOf(runs: readonly ReportedRun[]): string[] {
  return [...new Set(runs.flatMap(({ evaluated }) => Object.keys(evaluated?.metrics ?? {})))];
}

/** Over the group's runs that have the metric; null where none has. */
export function summaryOf({ runs }: RunGroup, metric: string): Summary | null {
  const values = runs.flatMap(({ evaluated }) => evaluated?.metrics[metric] ?? []);
  return values.length > 0 ? summarize(values) : null;
}

/** Runs as measurements: factors `group` and `data`, seeds and metrics. Of runs with the same seed the first counts. */
export function measurementsOf(groups: readonly RunGroup[]): Measurement[] {
  return groups.flatMap(({ label, runs }) => {
    const seen = new Set<number>();
    return runs.flatMap(({ record, evaluated }): Measurement[] => {
      if (evaluated === null || seen.has(record.seed)) return [];
      seen.add(record.seed);
      const { path, fingerprint } = dataOf(record);
      const factors = { group: label, data: fingerprint ?? path ?? '' };
      return [
        { factors, seed: record.seed, metrics: evaluated.metrics, seconds: resultNumber(record, 'seconds') ?? 0 },
      ];
    });
  });
}

/** A row for each group: its metric, time, updates and the number of parameters that moved. */
export function groupTable(
  groups: readonly RunGroup[],
  metric = mainMetric(metricsOf(groups.flatMap(({ runs }) => runs))),
): Table {
  const name = metric ?? 'result';
  const rows = groups.map((group) => {
    const summary = metric === undefined ? null : summaryOf(group, metric);
    const seconds = group.runs.flatMap(({ record }) => resultNumber(record, 'seconds') ?? []);
    const count = (field: string) => resultNumber(group.runs[0]!.record, field)?.toLocaleString('en-US') ?? '–';
    return [
      group.label,
      String(group.runs.length),
      summary ? metricText(name, summary.mean) : '–',
      summary && summary.count > 1 ? deviation(name, summary.standardDeviation) : '–',
      seconds.length > 0 ? secondsText(summarize(seconds).mean) : '–',
      count('steps'),
      count('trainableParameters'),
    ];
  });
  return plainTable(
    ['plan', 'runs', wordsOf(name), 'standard deviation', 'time of a run', 'updates', 'parameters moved'],
    rows,
  );
}

function deviation(metric: string, value: number): string {
  return isShare(metric) ? `${(100 * value).toFixed(1)} points` : String(Number(value.toPrecision(2)));
}
