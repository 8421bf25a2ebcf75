/**
 * Writes the README's tables of results from the records, between the marks `<!-- photos -->` and `<!-- /photos -->`.
 *
 *   node --import tsx -C @attune/source packages/vision/bench/tables.ts
 */
import { fileURLToPath } from 'node:url';
import { type Summary, summarize } from '@attune/core';
import { markdown, plainTable } from '@attune/report';
import { updateSection } from '@attune/report/node';
import { STUDIES, type Study } from './studies.ts';
import { candidateScores, compareRuns, readStudy, type StudyRecord } from './study-record.ts';

const RECORDS = fileURLToPath(new URL('records', import.meta.url));
const README = fileURLToPath(new URL('../README.md', import.meta.url));

const finished: StudyRecord[] = [];
for (const study of STUDIES) {
  const record = await readStudy(RECORDS, study);
  if (record !== undefined && record.chosen !== null && record.runs.length === study.seeds.length)
    finished.push(record);
}
const tested = finished.filter(({ runs }) => runs.length > 0);
const parts = [resultTable(tested), comparisons(tested), selectionTable(finished)].join('\n\n');
await updateSection(README, 'photos', parts);

function resultTable(records: readonly StudyRecord[]): string {
  const rows = records.map((record) => {
    const { study, runs } = record;
    const accuracy = summarize(runs.map((run) => run.test.accuracy));
    return [
      study.data,
      study.from,
      study.plan,
      `${percent(accuracy.mean)} ± ${percent(accuracy.standardDeviation)}`,
      `${accuracy.count}`,
      runs.map((run) => percent(run.test.accuracy)).join(', '),
      percent(summarize(runs.map((run) => run.trainingAccuracy)).mean),
      `${runs[0]!.examples.train} / ${runs[0]!.examples.test}`,
      `${runs[0]!.steps}`,
      seconds(summarize(runs.map((run) => run.trainingSeconds)).mean),
    ];
  });
  const head = [
    'data',
    'network',
    'plan',
    'test accuracy, %',
    'n',
    'each seed',
    'training',
    'images',
    'updates',
    'time',
  ];
  return markdown(plainTable(head, rows));
}

/** Of plans on the same data from the same network: every pair, in the order of the studies. */
function comparisons(records: readonly StudyRecord[]): string {
  const rows: string[][] = [];
  const plans = ['full', 'linear-probe', 'scratch'];
  for (const upper of records)
    for (const lower of records) {
      const same = upper.study.data === lower.study.data && upper.study.from === lower.study.from;
      if (!same || plans.indexOf(lower.study.plan) - plans.indexOf(upper.study.plan) !== 1) continue;
      const { bySeed, byImage } = compareRuns(upper, lower);
      const errors = (summary: Summary) =>
        `${percent(summary.standardError)} (${(summary.mean / summary.standardError).toFixed(1)} of them)`;
      rows.push([
        upper.study.data,
        `${upper.study.plan} - ${lower.study.plan}`,
        percent(bySeed.mean),
        errors(bySeed),
        errors(byImage),
      ]);
    }
  const head = ['data', 'difference', 'points', 'standard error over seeds', 'standard error over test images'];
  return markdown(plainTable(head, rows));
}

function selectionTable(records: readonly StudyRecord[]): string {
  const rows = records.map((record) => {
    const { study, chosen } = record;
    const candidates = candidateScores(record).map(({ accuracy }, i) => {
      const score = `${describe(study, i)}: ${percent(accuracy)}`;
      return i === chosen ? `${score} (chosen)` : score;
    });
    const { of, used } = study.folds;
    return [study.data, study.from, study.plan, `${used} of ${of}`, candidates.join('; ')];
  });
  return markdown(plainTable(['data', 'network', 'plan', 'folds', 'candidates: accuracy in validation, %'], rows));
}

/** The settings in which the candidates of a study differ. */
function describe({ grid }: Study, candidate: number): string {
  const names = Object.keys(grid[0]!) as (keyof (typeof grid)[number])[];
  const differing = names.filter((name) => new Set(grid.map((settings) => JSON.stringify(settings[name]))).size > 1);
  const words: Partial<Record<string, string>> = { learningRate: 'rate', weightDecay: 'decay', size: 'px' };
  return differing.map((name) => `${words[name] ?? name} ${grid[candidate]![name]}`).join(', ');
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}
