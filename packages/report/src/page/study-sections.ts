/** What a page, or the terminal, shows of a study: its table, a metric by size for each plan, and paired differences. */
import { differencesPlot } from '../plots/differences.ts';
import type { Figure, SvgDocument } from '../plots/figure.ts';
import { sizeCurves } from '../plots/size-curves.ts';
import type { Measurement, StudyRecord } from '../records/study-record.ts';
import { where } from '../records/study-record.ts';
import { levels, summaries } from '../statistics/summaries.ts';
import { pivot } from '../tables/pivot.ts';
import { plainTable, type Table } from '../tables/table.ts';
import { definitions, htmlTable, plots, section } from './elements.ts';
import { element, type Markup } from './markup.ts';
import { differenceIn, PAIRS } from './run-sections.ts';
import { isShare, mainMetric, metricText, wordsOf } from './words.ts';

/** How the factors of a study lie in tables and plots. */
interface Layout {
  readonly metric: string;
  /** The factor that is compared: `plan` where it varies, else the first that does and has names for values. */
  readonly series: string | undefined;
  /** The factor along the horizontal axis: `size` where it varies, else the first that does and has numbers. */
  readonly across: string | undefined;
  /** The other factors that vary. */
  readonly rest: readonly string[];
}

/** Beyond so many, plots of the single targets no longer help. */
const MOST_PLOTS = 24;

/** @param metric Default: see `mainMetric`. Undefined where the study measured nothing yet. */
export function layoutOf(
  { measurements }: StudyRecord,
  metric = mainMetric(metricNames(measurements)),
): Layout | undefined {
  if (metric === undefined) return undefined;
  const varying = factorNames(measurements).filter((name) => levels(measurements, name).length > 1);
  const hasNumbers = (name: string) => levels(measurements, name).some((level) => typeof level === 'number');
  const series = varying.find((name) => name === 'plan') ?? varying.find((name) => !hasNumbers(name));
  const left = varying.filter((name) => name !== series);
  const across = left.find((name) => name === 'size') ?? left.find(hasNumbers);
  return { metric, series, across, rest: left.filter((name) => name !== across) };
}

export function metricNames(measurements: readonly Measurement[]): string[] {
  return [...new Set(measurements.flatMap(({ metrics }) => Object.keys(metrics)))];
}

/** Means over seeds: rows and columns by the study's factors, or a row for each cell. */
export function studyTable(record: StudyRecord, asked?: string): Table | undefined {
  const layout = layoutOf(record, asked);
  if (layout === undefined) return undefined;
  const { metric, series, across, rest } = layout;
  const rows = [...rest, ...(series === undefined ? [] : [series])];
  const better = /loss|error|seconds|time/i.test(metric) ? 'lower' : 'higher';
  const { measurements } = record;
  if (across !== undefined && rows.length > 0) {
    const digits = isShare(metric) ? {} : { scale: 1, digits: 3 };
    return pivot(measurements, { rows, columns: across, metric, better, ...digits });
  }
  const by = across === undefined ? rows : [across];
  return plainTable(
    [...by, wordsOf(metric), 'standard deviation', 'n'],
    summaries(measurements, by, metric).map(({ factors, mean, standardDeviation, count }) => [
      ...by.map((name) => String(factors[name])),
      metricText(metric, mean),
      count > 1 ? metricText(metric, standardDeviation) : '–',
      count,
    ]),
  );
}

export function studySection(record: StudyRecord, document: SvgDocument, asked?: string): Markup {
  const { study, domain, command, measurements } = record;
  const table = studyTable(record, asked);
  const layout = layoutOf(record, asked);
  const seeds = new Set(measurements.map(({ seed }) => seed)).size;
  const hours = measurements.reduce((sum, { seconds }) => sum + seconds, 0) / 3600;
  return section(
    study,
    element(
      'p',
      { class: 'pale' },
      `${domain}: ${measurements.length} measurements, ${seeds} seeds, ${hours.toFixed(1)} hours. ` +
        (layout === undefined
          ? ''
          : `${wordsOf(layout.metric)}${isShare(layout.metric) ? ', %' : ''}, mean ± standard deviation.`),
    ),
    table === undefined ? null : htmlTable(table),
    layout === undefined ? null : [sizePlots(record, layout, document), studyDifferences(record, layout, document)],
    definitions([['made by', command]]),
  );
}

function sizePlots({ measurements }: StudyRecord, layout: Layout, document: SvgDocument): Markup | null {
  const { metric, series, across, rest } = layout;
  if (series === undefined || across === undefined) return null;
  const share = isShare(metric);
  const cells = summaries(measurements, rest, metric).slice(0, MOST_PLOTS);
  const figures = cells.map(
    ({ factors }): Figure =>
      sizeCurves(where(measurements, factors), {
        title: rest.length === 0 ? `${wordsOf(metric)} by ${across}` : Object.values(factors).join(', '),
        x: across,
        series,
        metric,
        yLabel: share ? `${wordsOf(metric)}, %` : wordsOf(metric),
        ...(share ? {} : { scale: 1, digits: 3 }),
      }),
  );
  return plots(figures, document);
}

/** Every level of the compared factor against the first. */
function studyDifferences({ measurements }: StudyRecord, layout: Layout, document: SvgDocument): Markup | null {
  const { metric, series } = layout;
  if (series === undefined) return null;
  const [first, ...others] = levels(measurements, series);
  const by = factorNames(measurements).filter((name) => name !== series);
  const base = where(measurements, { [series]: first! });
  const rows = others.flatMap((level) => {
    const difference = differenceIn(where(measurements, { [series]: level }), base, metric, by);
    return difference === undefined ? [] : [{ label: String(level), difference }];
  });
  if (rows.length === 0) return null;
  const share = isShare(metric);
  const figure = differencesPlot({
    title: `Difference to ${first}`,
    x: share ? `${wordsOf(metric)}, points` : wordsOf(metric),
    rows,
    ...(share ? {} : { scale: 1, digits: 3 }),
  });
  return element(
    'div',
    {},
    element('h3', {}, 'Paired differences'),
    element('p', { class: 'pale' }, PAIRS),
    plots([figure], document),
  );
}

function factorNames(measurements: readonly Measurement[]): string[] {
  return [...new Set(measurements.flatMap(({ factors }) => Object.keys(factors)))];
}
