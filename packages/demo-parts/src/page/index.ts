/** What the pages of the demos are built of. */
export { byId, type Child, element, svg } from './element.ts';
export { type Line, type LineChart, lineChart } from './line-chart.ts';
export { offerFile } from './offer-file.ts';
export { Page, percent } from './page.ts';
export { roundNumbers } from './scale.ts';
export { classLegend, classLetter, scatter } from './scatter.ts';
export { keepOffline, showEngine, wantedProvider } from './start.ts';
export { table } from './table.ts';
export { setUpTraining, type TrainingCalls, type TrainingSection } from './training-section.ts';
