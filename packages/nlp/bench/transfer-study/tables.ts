/**
 * Writes the study's tables from the records into packages/nlp/README.md.
 *
 *   node --import tsx -C @attune/source packages/nlp/bench/transfer-study/tables.ts
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdown } from '@attune/report';
import { readStudy, updateSection } from '@attune/report/node';
import { fewTable, initTable, multTable, rateTable, sizeTable, sourceEpochsTable } from './answers.ts';
import { findingsTable } from './findings.ts';

const README = new URL('../../README.md', import.meta.url);
const RECORDS = fileURLToPath(new URL('../records/transfer', import.meta.url));

const files = (await readdir(RECORDS)).filter((name) => name.endsWith('.jsonl')).sort();
const { measurements } = await readStudy(files.map((name) => join(RECORDS, name)));

const sections = {
  findings: findingsTable(measurements),
  init: initTable(measurements),
  mult: multTable(measurements),
  rate: rateTable(measurements),
  'source-epochs': sourceEpochsTable(measurements),
  size: sizeTable(measurements),
  few: fewTable(measurements),
};
for (const [name, table] of Object.entries(sections)) await updateSection(README, `study-${name}`, markdown(table));
