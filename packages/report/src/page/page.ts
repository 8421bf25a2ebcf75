/** The page: one HTML file of runs and studies that needs nothing from elsewhere and runs no script. */
import type { SvgDocument } from '../plots/figure.ts';
import type { StudyRecord } from '../records/study-record.ts';
import { definitions, section } from './elements.ts';
import { element, render } from './markup.ts';
import type { Fact, ReportedRun } from './run-groups.ts';
import { runSections, titleOf } from './run-sections.ts';
import { studySection } from './study-sections.ts';
import { PAGE_STYLE } from './style.ts';

export interface PageContent {
  readonly runs?: readonly ReportedRun[];
  readonly studies?: readonly StudyRecord[];
  /** What to compare by; default: see `mainMetric`. */
  readonly metric?: string | undefined;
  /** The machine and whatever else the records do not hold. */
  readonly environment?: readonly Fact[];
}

/** @param document What plots are drawn with. @throws RangeError without runs and studies. */
export function renderPage(
  { runs = [], studies = [], metric, environment = [] }: PageContent,
  document: SvgDocument,
): string {
  if (runs.length === 0 && studies.length === 0) throw new RangeError('a page needs runs or studies');
  const title = runs.length > 0 ? titleOf(runs) : studies.map(({ study }) => study).join(', ');
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width,initial-scale=1' }),
    element('title', {}, `${title} - Attune`),
    { markup: `<style>${PAGE_STYLE}</style>` },
  );
  const main = element(
    'main',
    {},
    element('h1', {}, title),
    runs.length > 0 ? runSections(runs, document, metric) : null,
    studies.map((study) => studySection(study, document, metric)),
    section(
      'Environment',
      definitions([...environment, ...versionsOf([...runs.map(({ record }) => record), ...studies])]),
    ),
  );
  return `<!doctype html>\n${render(element('html', { lang: 'en' }, head, element('body', {}, main)))}\n`;
}

/** Backends and versions of all records; where they differ, side by side. */
function versionsOf(
  records: readonly { readonly backend: string; readonly versions: Readonly<Record<string, string>> }[],
): Fact[] {
  const names = [...new Set(records.flatMap(({ versions }) => Object.keys(versions)))];
  const distinct = (values: readonly (string | undefined)[]) =>
    [...new Set(values.filter((value) => value !== undefined))].join(', ');
  return [
    ['backend', distinct(records.map(({ backend }) => backend))],
    ...names.map((name): Fact => [name, distinct(records.map(({ versions }) => versions[name]))]),
  ];
}
