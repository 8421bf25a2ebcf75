/**
 * The report of runs: one HTML file that needs nothing from elsewhere. One run gets its curves, confusion matrix, examples,
 * plan and settings; several get a table that compares their plans first.
 */
import { describePlan } from '@attune/core';
import type { Environment } from '../environment.ts';
import { confusionTable } from './confusion-table.ts';
import { curveCharts } from './curves.ts';
import { lineChart } from './line-chart.ts';
import type { Child, Markup } from './markup.ts';
import { element, render } from './markup.ts';
import type { PlanRuns } from './plan-runs.ts';
import { groupByPlan } from './plan-runs.ts';
import type { ReportedPicture, ReportedRun } from './reported-run.ts';
import { STYLE } from './style.ts';

export type { ReportedRun } from './reported-run.ts';

/** @param runs At least one, all on the same data. */
export function renderReport(runs: readonly ReportedRun[], environment: Environment): string {
  const plans = groupByPlan(runs);
  const { record } = runs[0]!;
  const title = plans.length > 1 ? `${plans.length} plans compared` : `${record.from}, ${record.plan.name}`;
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width,initial-scale=1' }),
    element('title', {}, `${title} - Attune`),
    { markup: `<style>${STYLE}</style>` },
  );
  const { examples } = record.data;
  const lead = `${record.from} on ${record.data.path}: ${record.classes.length} classes, ${examples.train} images to learn from, ${examples.validation} to validate, ${examples.test} to test.`;
  const main = element(
    'main',
    {},
    element('h1', {}, title),
    element('p', { class: 'pale' }, lead),
    plans.length > 1 ? comparisonTable(plans) : figures(plans[0]!),
    section('Curves', element('div', { class: 'grid2' }, curveCharts(plans).map(lineChart))),
    confusions(plans),
    pictures(plans),
    section(
      'Plan and settings',
      plans.map((plan) => settings(plan, plans.length > 1)),
    ),
    section('Environment', environmentList(environment, record.backend)),
  );
  return `<!doctype html>\n${render(element('html', { lang: 'en' }, head, element('body', {}, main)))}\n`;
}

function section(title: string, ...children: readonly Child[]): Markup {
  return element('section', {}, element('h2', {}, title), children);
}

/** The figures that matter most, large. */
function figures({ runs, accuracy, seconds }: PlanRuns): Markup {
  const { record, evaluated } = runs[0]!;
  const items: [string, string][] = [];
  if (evaluated && accuracy) {
    items.push([percent(accuracy.mean), `${evaluated.split} accuracy`]);
    items.push([evaluated.metrics.macroF1.toFixed(3), 'macro F1']);
    items.push([evaluated.metrics.loss.toFixed(3), `${evaluated.split} loss, nats`]);
  }
  items.push([seconds.mean < 10 ? `${seconds.mean.toFixed(1)} s` : `${seconds.mean.toFixed(0)} s`, 'of training']);
  if (record.result) items.push([record.result.trainableParameters.toLocaleString('en-US'), 'parameters moved']);
  return element(
    'ul',
    { class: 'figures' },
    items.map(([value, what]) => element('li', {}, element('b', {}, value), what)),
  );
}

function comparisonTable(plans: readonly PlanRuns[]): Markup {
  const header = ['plan', 'runs', 'accuracy', 'standard deviation', 'time of a run', 'updates', 'parameters moved'];
  const rows = plans.map(({ plan, runs, accuracy, seconds }) => {
    const { result } = runs[0]!.record;
    return [
      plan.name,
      String(runs.length),
      accuracy ? percent(accuracy.mean) : '–',
      accuracy && runs.length > 1 ? `${(100 * accuracy.standardDeviation).toFixed(1)} points` : '–',
      `${seconds.mean.toFixed(1)} s`,
      result ? result.steps.toLocaleString('en-US') : '–',
      result ? result.trainableParameters.toLocaleString('en-US') : '–',
    ];
  });
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          header.map((cell) => element('th', { scope: 'col' }, cell)),
        ),
      ),
      element(
        'tbody',
        {},
        rows.map(([name, ...cells]) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, name!),
            cells.map((cell) => element('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
}

function confusions(plans: readonly PlanRuns[]): Markup | null {
  const shown = plans.filter(({ confusion }) => confusion !== null);
  if (shown.length === 0) return null;
  const { split } = shown[0]!.runs[0]!.evaluated!;
  return section(
    'Confusion',
    element(
      'p',
      { class: 'pale' },
      `Rows are what the images of the ${split} split are, columns what they were taken for.`,
    ),
    element(
      'div',
      { class: 'grid2' },
      shown.map(({ plan, runs, confusion }) =>
        element(
          'div',
          {},
          plans.length > 1
            ? element('h3', {}, runs.length > 1 ? `${plan.name}, ${runs.length} runs together` : plan.name)
            : null,
          confusionTable(runs[0]!.record.classes, confusion!),
        ),
      ),
    ),
  );
}

function pictures(plans: readonly PlanRuns[]): Markup | null {
  const shown = plans.filter(({ runs }) => runs[0]!.pictures.length > 0);
  if (shown.length === 0) return null;
  return section(
    'Examples',
    shown.map(({ plan, runs }) => [
      plans.length > 1 ? element('h3', {}, plan.name) : null,
      element('ul', { class: 'pictures' }, runs[0]!.pictures.map(picture)),
    ]),
  );
}

function picture({ name, truth, prediction, probability, source, isSmall }: ReportedPicture): Markup {
  const right = truth === prediction;
  return element(
    'li',
    { class: right ? null : 'miss', title: name },
    element('img', { src: source, alt: `${name}, ${truth}`, class: isSmall ? 'pixels' : null }),
    element('b', {}, right ? prediction : `taken for ${prediction}`),
    ` ${percent(probability)}`,
    right ? null : [element('br'), `is ${truth}`],
  );
}

function settings({ plan, runs }: PlanRuns, titled: boolean): Markup {
  const { record } = runs[0]!;
  const { result } = record;
  const entries: [string, string][] = [
    ['plan', describePlan(plan)],
    [
      'source weights',
      record.source ? `${record.source.file} (SHA-256 ${record.source.sha256.slice(0, 12)}...)` : 'none',
    ],
    ['seeds', runs.map((run) => String(run.record.seed)).join(', ')],
    ...Object.entries(record.settings).map(([name, value]): [string, string] => [
      wordsOf(name),
      value === null ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
    ['data fingerprint', record.data.fingerprint],
    ...(result
      ? [
          [
            'updates',
            `${result.steps}, weights of epoch ${result.bestEpoch + 1} kept, stopped by ${result.stopped}`,
          ] as [string, string],
        ]
      : []),
    ...(record.data.skipped.length > 0
      ? [
          ['images left out', record.data.skipped.map(({ name, reason }) => `${name} (${reason})`).join('; ')] as [
            string,
            string,
          ],
        ]
      : []),
  ];
  return element(
    'div',
    {},
    titled ? element('h3', {}, plan.name) : null,
    definitions(entries),
    element(
      'details',
      {},
      element('summary', {}, 'the plan as JSON'),
      element('pre', {}, JSON.stringify(plan, null, 2)),
    ),
  );
}

function environmentList({ system, processor, cores, memory, versions }: Environment, backend: string): Markup {
  return definitions([
    ['system', system],
    ['processor', `${processor}, ${cores} cores, ${memory} GiB`],
    ['backend', backend],
    ...Object.entries(versions),
  ]);
}

function definitions(entries: readonly (readonly [string, string])[]): Markup {
  return element(
    'dl',
    {},
    entries.map(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

/** `batchSize` as `batch size`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
