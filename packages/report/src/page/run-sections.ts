/** What a page shows of runs: figures or a comparison, curves, paired differences, confusion, examples, settings. */
import { confusionPlot } from '../plots/confusion.ts';
import { differencesPlot } from '../plots/differences.ts';
import type { SvgDocument } from '../plots/figure.ts';
import { dataOf, resultNumber } from '../records/run-record.ts';
import { where } from '../records/study-record.ts';
import { type PairedDifference, pairedDifference } from '../statistics/paired-difference.ts';
import { definitions, htmlTable, plots, section } from './elements.ts';
import { historyCurves } from './history-curves.ts';
import { element, type Markup } from './markup.ts';
import type { Fact, Passage, Picture, ReportedRun, RunGroup } from './run-groups.ts';
import { groupRuns, groupTable, measurementsOf, metricsOf } from './run-groups.ts';
import { isShare, mainMetric, metricText, secondsText, wordsOf } from './words.ts';

/** @param metric What groups are compared by; default: the accuracy, else the first. */
export function runSections(runs: readonly ReportedRun[], document: SvgDocument, metric?: string): (Markup | null)[] {
  const groups = groupRuns(runs);
  const curves = historyCurves(groups);
  return [
    element('p', { class: 'pale' }, leadOf(groups)),
    runs.length > 1 ? htmlTable(groupTable(groups, metric)) : figures(runs[0]!),
    curves.length > 0 ? section('Curves', plots(curves, document)) : null,
    differences(groups, document, metric),
    confusions(groups, document),
    pictures(groups),
    passages(groups),
    section(
      'Plan and settings',
      groups.map((group) => settings(group, groups.length > 1)),
    ),
  ];
}

/** What the runs are, in one sentence. */
export function titleOf(runs: readonly ReportedRun[]): string {
  const groups = groupRuns(runs);
  return groups.length > 1 ? `${groups.length} plans compared` : `${runs[0]!.record.from}, ${groups[0]!.label}`;
}

function leadOf(groups: readonly RunGroup[]): string {
  const leads = groups.map(({ runs }) => {
    const { record } = runs[0]!;
    const { path, examples } = dataOf(record);
    const counts = Object.entries(examples).map(([split, count]) => `${count} ${split}`);
    const parts = [
      ...(record.classes ? [`${record.classes.length} classes`] : []),
      ...(counts.length > 0 ? [`examples: ${counts.join(', ')}`] : []),
    ];
    return `${record.from}${path === undefined ? '' : ` on ${path}`}${parts.length > 0 ? `: ${parts.join('; ')}` : ''}.`;
  });
  return [...new Set(leads)].join(' ');
}

/** The figures that matter most, large. */
function figures({ record, evaluated }: ReportedRun): Markup {
  const items: Fact[] = [];
  const names = Object.keys(evaluated?.metrics ?? {}).filter((name) => name !== 'examples');
  const main = mainMetric(names);
  for (const name of [...names].sort((a, b) => Number(b === main) - Number(a === main)).slice(0, 4))
    items.push([metricText(name, evaluated!.metrics[name]!), `${evaluated!.split} ${wordsOf(name)}`]);
  const [seconds, moved] = [resultNumber(record, 'seconds'), resultNumber(record, 'trainableParameters')];
  if (seconds !== undefined) items.push([secondsText(seconds), 'of training']);
  if (moved !== undefined) items.push([moved.toLocaleString('en-US'), 'parameters moved']);
  if (record.status === 'running') items.push(['not finished', 'figures so far']);
  return element(
    'ul',
    { class: 'figures' },
    items.map(([value, what]) => element('li', {}, element('b', {}, value), what)),
  );
}

/** Every group against the first, by seed. */
function differences(groups: readonly RunGroup[], document: SvgDocument, asked?: string): Markup | null {
  const metric = asked ?? mainMetric(metricsOf(groups.flatMap(({ runs }) => runs)));
  const [first, ...others] = groups;
  if (metric === undefined || first === undefined) return null;
  const measurements = measurementsOf(groups);
  const base = where(measurements, { group: first.label });
  const rows = others.flatMap(({ label }) => {
    const difference = differenceIn(where(measurements, { group: label }), base, metric, ['data']);
    return difference === undefined ? [] : [{ label, difference }];
  });
  if (rows.length === 0) return null;
  const share = isShare(metric);
  const figure = differencesPlot({
    title: `Difference to ${first.label}`,
    x: share ? `${wordsOf(metric)}, points` : wordsOf(metric),
    rows,
    ...(share ? {} : { scale: 1, digits: 3 }),
  });
  return section('Paired differences', element('p', { class: 'pale' }, PAIRS), plots([figure], document));
}

export const PAIRS =
  'Within pairs that share their seed. A dot is the mean, the bar its 95 % bootstrap interval, a tick one pair. ' +
  'With fewer than about ten pairs the interval is too narrow.';

/** Undefined where no pair is found. */
export function differenceIn(
  upper: Parameters<typeof pairedDifference>[0],
  lower: Parameters<typeof pairedDifference>[1],
  metric: string,
  by: readonly string[],
): PairedDifference | undefined {
  try {
    return pairedDifference(upper, lower, { metric, by });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function confusions(groups: readonly RunGroup[], document: SvgDocument): Markup | null {
  const figures = groups.flatMap(({ label, runs }) => {
    const { classes } = runs[0]!.record;
    const evaluated = runs.flatMap(({ evaluated }) => (evaluated?.confusion ? [evaluated] : []));
    const matrices = evaluated.map(({ confusion }) => confusion!);
    if (classes === undefined || matrices.some((matrix) => matrix.length !== classes.length)) return [];
    if (matrices.length === 0) return [];
    const title = `${label}, ${evaluated[0]!.split}${matrices.length > 1 ? `, ${matrices.length} runs together` : ''}`;
    return [confusionPlot({ title, classes, matrix: matrices.reduce(addMatrices) })];
  });
  return figures.length === 0 ? null : section('Confusion', plots(figures, document));
}

function addMatrices(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.map((row, i) => row.map((count, j) => count + b[i]![j]!));
}

function pictures(groups: readonly RunGroup[]): Markup | null {
  const shown = groups.filter(({ runs }) => (runs[0]!.pictures?.length ?? 0) > 0);
  if (shown.length === 0) return null;
  return section(
    'Examples',
    shown.map(({ label, runs }) => [
      groups.length > 1 ? element('h3', {}, label) : null,
      element('ul', { class: 'pictures' }, runs[0]!.pictures!.map(picture)),
    ]),
  );
}

function picture({ name, truth, prediction, probability, source, isSmall }: Picture): Markup {
  const right = truth === prediction;
  return element(
    'li',
    { class: right ? null : 'miss', title: name },
    // Anything but an image inside the page would be fetched from elsewhere.
    element('img', {
      src: /^data:image\/[\w.+-]+;base64,/.test(source) ? source : '',
      alt: `${name}, ${truth}`,
      class: isSmall ? 'pixels' : null,
    }),
    element('b', {}, right ? prediction : `taken for ${prediction}`),
    ` ${(100 * probability).toFixed(1)} %`,
    right ? null : [element('br'), `is ${truth}`],
  );
}

/** Texts are data, and may be long. */
const LONGEST_PASSAGE = 400;

function passages(groups: readonly RunGroup[]): Markup | null {
  const shown = groups.filter(({ runs }) => (runs[0]!.passages?.length ?? 0) > 0);
  if (shown.length === 0) return null;
  return section(
    'Texts',
    shown.map(({ label, runs }) => [
      groups.length > 1 ? element('h3', {}, label) : null,
      element('ul', { class: 'passages' }, runs[0]!.passages!.map(passage)),
    ]),
  );
}

function passage({ name, texts, truth, prediction, probability }: Passage): Markup {
  const cut = (text: string) => (text.length > LONGEST_PASSAGE ? `${text.slice(0, LONGEST_PASSAGE)}...` : text);
  const right = truth === prediction;
  return element(
    'li',
    { class: right ? null : 'miss', title: name },
    texts.map((text) => element('q', {}, cut(text))),
    element('br'),
    element('b', {}, right ? prediction : `taken for ${prediction}`),
    ` ${(100 * probability).toFixed(1)} %`,
    right ? null : `, is ${truth}`,
  );
}

function settings({ label, runs }: RunGroup, titled: boolean): Markup {
  const { record, facts = [] } = runs[0]!;
  const { fingerprint } = dataOf(record);
  const entries: Fact[] = [
    ...facts,
    ['seeds', runs.map((run) => String(run.record.seed)).join(', ')],
    ...Object.entries(record.settings).map(([name, value]): Fact => [wordsOf(name), valueText(value)]),
    ...(fingerprint === undefined ? [] : [['data fingerprint', fingerprint] as Fact]),
  ];
  return element(
    'div',
    {},
    titled ? element('h3', {}, label) : null,
    definitions(entries),
    element(
      'details',
      {},
      element('summary', {}, 'the plan as JSON'),
      element('pre', {}, JSON.stringify(record.plan, null, 2)),
    ),
  );
}

function valueText(value: unknown): string {
  if (value === null) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
