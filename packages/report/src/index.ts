/** What `@attune/report` offers anywhere, browsers included. What touches files is in `@attune/report/node`. */

// The page
export { type PageContent, renderPage } from './page/page.ts';
export {
  type Fact,
  groupRuns,
  groupTable,
  metricsOf,
  type Passage,
  type Picture,
  type ReportedRun,
  type RunGroup,
  summaryOf,
} from './page/run-groups.ts';
export { metricNames, studyTable } from './page/study-sections.ts';

// Plots
export { type ConfusionOptions, confusionPlot } from './plots/confusion.ts';
export { type DifferencesOptions, differencesPlot } from './plots/differences.ts';
export { type Figure, type FigureOptions, type SvgDocument, type SvgElement, svgText } from './plots/figure.ts';
export { type CurveSeries, type LearningCurvesOptions, learningCurves } from './plots/learning-curves.ts';
export { type ScatterOptions, type ScatterPoint, scatterPlot } from './plots/scatter.ts';
export { type SizeCurvesOptions, sizeCurves } from './plots/size-curves.ts';

// Records
export {
  type Evaluation,
  evaluationOf,
  type MetricsLine,
  parseRunRecord,
  type RunRecord,
} from './records/run-record.ts';
export {
  type Factors,
  type Measurement,
  parseStudyRecord,
  type StudyHeader,
  type StudyRecord,
  where,
} from './records/study-record.ts';

// Statistics
export { type BootstrapOptions, bootstrapMean, type Interval } from './statistics/bootstrap.ts';
export {
  type Pair,
  type PairedDifference,
  type PairedDifferenceOptions,
  pairedDifference,
} from './statistics/paired-difference.ts';
export { type CellSummary, levels, summaries } from './statistics/summaries.ts';

// Tables
export { markdown, replaceSection } from './tables/markdown.ts';
export { type PivotOptions, pivot } from './tables/pivot.ts';
export { type Cell, type Column, plainTable, type Table } from './tables/table.ts';
export { terminalText } from './tables/terminal.ts';
