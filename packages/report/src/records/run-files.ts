/** The folder of a run: `run.json`, and `metrics.jsonl` beside it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@attune/core';
import { JsonLines } from '@attune/core/node';
import {
  type Evaluation,
  evaluationOf,
  type MetricsLine,
  parseMetricsLine,
  parseRunRecord,
  type RunRecord,
} from './run-record.ts';
import { readJson, requireSize } from './study-log.ts';

export interface ReadRun {
  readonly folder: string;
  readonly record: RunRecord;
  /** In the order in which it was written. */
  readonly history: readonly MetricsLine[];
  readonly evaluated: Evaluation | null;
}

/** @throws UserError when the folder holds no run, or a field of its record is wrong. */
export async function readRun(folder: string): Promise<ReadRun> {
  const file = join(folder, 'run.json');
  const found = await stat(file).catch(() => undefined);
  if (found === undefined)
    throw new UserError(`${folder} holds no run: there is no ${file}.`, 'Name the folder of one.');
  const record = parseRunRecord(await readJson(file), file);
  const metrics = join(folder, 'metrics.jsonl');
  await requireSize(metrics);
  const lines = await new JsonLines(metrics).read();
  return {
    folder,
    record,
    history: lines.map((line, i) => parseMetricsLine(line, { file: `${metrics}, line ${i + 1}`, path: '' })),
    evaluated: evaluationOf(record, file),
  };
}
