/**
 * Writes the study's answers, tables and plots, from the records into packages/vision/README.md and bench/plots.
 *
 *   node --import tsx -C @attune/source packages/vision/bench/transfer-study/tables.ts
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, markdown, sizeCurves, where } from '@attune/report';
import { readStudy, updateSection, writeSvg } from '@attune/report/node';
import {
  accuracyTable,
  adviceTable,
  advisorTable,
  extractorTable,
  layerCurves,
  layersTable,
  modularTable,
  reviewTable,
  scoresTable,
} from './answers.ts';
import { finalRuns, knownTasks, RECORDS, studyMeasurements } from './known-tasks.ts';
import { TARGETS } from './targets.ts';

const README = new URL('../../README.md', import.meta.url);
const WORKHORSE = 'mobilenet_v2_035';
/** Plans that were measured at every size. */
const SHOWN = ['scratch', 'linear-probe', 'earlier-layer', 'full', 'probe-then-full', 'modular'];

const measurements = await studyMeasurements();
const { transfer, scores } = measurements;
const yosinski = (await readStudy(join(RECORDS, 'yosinski.jsonl'))).measurements;
const tasks = knownTasks(measurements, WORKHORSE);

const sections = {
  accuracies: accuracyTable(transfer, WORKHORSE),
  review: reviewTable(tasks),
  modular: modularTable(transfer, WORKHORSE),
  extractor: extractorTable(transfer, WORKHORSE),
  layers: layersTable(yosinski),
  scores: scoresTable(scores, transfer),
  advisor: advisorTable(tasks),
  'advice-20': adviceTable(tasks, 20),
};
for (const [name, table] of Object.entries(sections)) await updateSection(README, `study-${name}`, markdown(table));

const plots = fileURLToPath(new URL('../plots', import.meta.url));
await mkdir(plots, { recursive: true });
const shown = where(finalRuns(transfer), { from: WORKHORSE }).filter(({ factors }) =>
  SHOWN.includes(String(factors.plan)),
);
const figures: Record<string, Figure> = { layers: layerCurves(yosinski) };
for (const { name } of TARGETS)
  figures[`sizes-${name}`] = sizeCurves(where(shown, { target: name }), {
    title: name,
    x: 'size',
    series: 'plan',
    metric: 'accuracy',
    xLabel: 'images a class',
    yLabel: 'test accuracy, %',
  });
for (const [name, figure] of Object.entries(figures)) await writeSvg(join(plots, `${name}.svg`), figure);
