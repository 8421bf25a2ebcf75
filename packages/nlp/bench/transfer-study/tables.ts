/**
 * Writes the study's tables from the records into packages/nlp/README.md.
 *
 *   node --import tsx -C @attune/source packages/nlp/bench/transfer-study/tables.ts
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Measurement, markdown, type Table } from '@attune/report';
import { readStudy, updateSection } from '@attune/report/node';
import {
  adviceTable,
  fewTable,
  initTable,
  largerSourceTable,
  multTable,
  ofPart,
  rateTable,
  readsTable,
  sizeTable,
  sourceEpochsTable,
} from './answers.ts';
import type { Part } from './cells.ts';
import { findingsTable } from './findings.ts';
import { RECORDS } from './study-files.ts';
import { describeSittings, readSittings } from './time.ts';

const README = new URL('../../README.md', import.meta.url);

const files = (await readdir(RECORDS)).filter((name) => name.endsWith('.jsonl')).sort();
const { measurements } = await readStudy(files.map((name) => join(RECORDS, name)));

/** A section for each table, and the part of the study without which it would say nothing. */
const sections: readonly (readonly [
  name: string,
  part: Part | 'reads' | 'advice',
  table: (of: readonly Measurement[]) => Table,
])[] = [
  ['findings', 'init', findingsTable],
  ['init', 'init', initTable],
  ['mult', 'mult', multTable],
  ['reads', 'reads', readsTable],
  ['larger-source', 'reads', largerSourceTable],
  ['rate', 'rate', rateTable],
  ['source-epochs', 'source-epochs', sourceEpochsTable],
  ['size', 'size', sizeTable],
  ['few', 'few', fewTable],
  ['advice', 'advice', adviceTable],
];
for (const [name, part, table] of sections)
  if (ofPart(measurements, part).length > 0)
    await updateSection(README, `study-${name}`, markdown(table(measurements)));
const sittings = await readSittings();
if (sittings.length > 0) await updateSection(README, 'study-time', describeSittings(sittings));
