/**
 * Writes the study's answers, tables and plots, from the records into packages/vision/README.md and its plots.
 *
 *   node --import tsx -C @attune/source packages/vision/bench/transfer-study/tables.ts
 */

import { join } from 'node:path';
import { markdown } from '@attune/report';
import { readStudy, updateSection } from '@attune/report/node';
import {
  accuracyTable,
  adviceTable,
  advisorTable,
  extractorTable,
  layersTable,
  modularTable,
  reviewTable,
  scoresTable,
} from './answers.ts';
import { knownTasks, measurementsIn, RECORDS } from './known-tasks.ts';

const README = new URL('../../README.md', import.meta.url);
const WORKHORSE = 'mobilenet_v2_035';

const transfer = await measurementsIn('transfer');
const scores = await measurementsIn('scores');
const yosinski = (await readStudy(join(RECORDS, 'yosinski.jsonl'))).measurements;
const cells = knownTasks(transfer, scores, WORKHORSE);

const sections = {
  accuracies: accuracyTable(transfer, WORKHORSE),
  review: reviewTable(cells),
  modular: modularTable(transfer, WORKHORSE),
  extractor: extractorTable(transfer, WORKHORSE),
  layers: layersTable(yosinski),
  scores: scoresTable(scores, transfer),
  advisor: advisorTable(cells),
  'advice-20': adviceTable(cells, 20),
};
for (const [name, table] of Object.entries(sections)) await updateSection(README, `study-${name}`, markdown(table));
