/** The records of runs: what is read back, and what is refused before it can do harm. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { namedPlan } from '../transfer/named-plans.ts';
import {
  begunRun,
  readAnyRecord,
  readRecordOf,
  requireFinished,
  requireSameRecord,
  runningOn,
  type TrainingRecord,
  writeRecord,
} from './run-record.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

function record(more: Partial<TrainingRecord> = {}): TrainingRecord {
  return {
    format: 1,
    domain: 'shapes',
    status: 'running',
    from: 'net',
    source: null,
    plan: namedPlan('full'),
    seed: 0,
    settings: { epochs: 3 },
    classes: ['a', 'b'],
    data: { path: 'x', fingerprint: 'f', examples: { train: 2, validation: 0, test: 0 }, skipped: [] },
    ...runningOn(),
    result: null,
    ...more,
  };
}

it('reads back what was written, of any domain or of one', async () => {
  expect(await readAnyRecord(folder)).toBeUndefined();
  await writeRecord(folder, record());
  expect(await readAnyRecord(folder)).toEqual(record());
  expect(await readRecordOf('shapes', folder)).toEqual(record());
  await expect(readRecordOf('words', folder)).rejects.toThrow(
    /run\.json is the record of a run of shapes, not of words\./,
  );
});

it.each([
  ['{', /is not JSON/],
  ['null', /is not the record of a run/],
  ['{"format": 1, "domain": "shapes"}', /is not the record of a run/],
  ['{"format": 2, "domain": "shapes", "classes": []}', /is not the record of a run/],
  ['{"format": 1, "domain": "shapes", "classes": [], "plan": {}}', /run\.json/],
])('refuses %s', async (text, message) => {
  await writeFile(join(folder, 'run.json'), text);
  await expect(readAnyRecord(folder)).rejects.toThrow(message);
});

it('goes on with a run only where that is asked for, and begins none in a file', async () => {
  expect(await begunRun('shapes', join(folder, 'new'), false)).toBeUndefined();
  await writeRecord(folder, record());
  await expect(begunRun('shapes', folder, false)).rejects.toThrow(/already holds a run/);
  expect(await begunRun('shapes', folder, true)).toEqual(record());
  await expect(begunRun('shapes', join(folder, 'run.json'), false)).rejects.toThrow(/run\.json is a file/);
  await expect(begunRun('shapes', undefined, true)).rejects.toThrow(/no folder to resume/);
});

it('tells a finished run from one that goes on, and from none', async () => {
  await expect(requireFinished(record(), folder)).rejects.toThrow(/is not finished/);
  await expect(requireFinished(undefined, folder)).rejects.toThrow(/holds no run/);
  await expect(requireFinished(undefined, join(folder, 'none'))).rejects.toThrow(/There is no folder/);
});

it('names the first difference between two runs', () => {
  const compare = (now: TrainingRecord) => () =>
    requireSameRecord(record(), now, 'out', ({ classes }) => [['names of the classes', classes]]);
  expect(compare(record({ status: 'done' }))).not.toThrow();
  expect(compare(record({ seed: 1, settings: { epochs: 4 } }))).toThrow(/another seed: 0, now 1\./);
  expect(compare(record({ settings: { epochs: 4 } }))).toThrow(/another setting epochs: 3, now 4\./);
  expect(compare(record({ classes: ['a'] }))).toThrow(/another names of the classes/);
  expect(compare(record({ source: { file: 'w', sha256: 'x' } }))).toThrow(/source weights: none, now "x"/);
});
