/**
 * A study as a file of JSON lines, the header first, then a measurement a line: it grows as the study goes on, survives a
 * kill in the middle of a line, and tells a study that resumes what is done.
 */
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '@attune/core';
import { JsonLines } from '@attune/core/node';
import type { Factors, Measurement, StudyHeader, StudyRecord } from './study-record.ts';
import { cellKey, parseMeasurement, parseStudyHeader, parseStudyRecord } from './study-record.ts';

/** Larger files are not read: they are no record of ours. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

export interface StudyLog {
  readonly file: string;
  readonly header: StudyHeader;
  /** What the file holds, what was appended since included. */
  readonly measurements: readonly Measurement[];
  /** Whether the cell was measured with the seed. */
  has(factors: Factors, seed: number): boolean;
  /** Writes a measurement down, in one write. @throws RangeError when its cell and seed are there already. */
  append(measurement: Measurement): Promise<void>;
}

/**
 * Opens a study's log, which is made where there is none. One process at a time may write to it.
 * @param header Everything but `format` and `kind`.
 * @throws UserError when the file is of another study, or was written by other versions: a table does not mix them unseen.
 */
export async function openStudyLog(file: string, header: Omit<StudyHeader, 'format' | 'kind'>): Promise<StudyLog> {
  const wanted = parseStudyHeader({ format: 1, kind: 'study', ...header }, { file, path: '' });
  await requireSize(file);
  const lines = new JsonLines(file);
  // Cuts off a torn last line, which the next one would else be glued to.
  await lines.truncateWhere(() => true);
  const begun = await readLog(file);
  if (begun === undefined) await lines.append(wanted);
  else requireSameStudy(begun, wanted, file);
  const measurements = [...(begun?.measurements ?? [])];
  const done = new Set(measurements.map(keyOf));
  return {
    file,
    header: wanted,
    measurements,
    has: (factors, seed) => done.has(keyOf({ factors, seed })),
    async append(measurement) {
      const checked = parseMeasurement(measurement, { file, path: 'the new measurement' });
      const key = keyOf(checked);
      if (done.has(key)) throw new RangeError(`${file} holds ${key} already`);
      await lines.append(checked);
      done.add(key);
      measurements.push(checked);
    },
  };
}

/**
 * The study that files hold together: logs (`.jsonl`), or whole records (`.json`). Versions, backends and commands that
 * differ from file to file are given side by side.
 * @throws UserError when a file is missing or wrong, is of another study, or repeats what another measured.
 */
export async function readStudy(files: string | readonly string[]): Promise<StudyRecord> {
  const records: StudyRecord[] = [];
  const origins = new Map<string, string>();
  for (const file of typeof files === 'string' ? [files] : files) {
    const record = await readStudyFile(file);
    const first = records[0] ?? record;
    for (const name of ['study', 'domain'] as const)
      if (record[name] !== first[name])
        throw new UserError(
          `${file} is of another ${name}: '${record[name]}', not '${first[name]}'.`,
          'Report them one by one.',
        );
    for (const measurement of record.measurements) {
      const key = keyOf(measurement);
      const other = origins.get(key);
      if (other !== undefined)
        throw new UserError(`${file} and ${other} both hold the measurement ${key}.`, 'Leave one of the two out.');
      origins.set(key, file);
    }
    records.push(record);
  }
  const [first, ...others] = records;
  if (first === undefined) throw new UserError('No file of a study is given.', 'Name at least one.');
  return others.reduce(join, first);
}

async function readStudyFile(file: string): Promise<StudyRecord> {
  await requireSize(file);
  if (file.endsWith('.json')) return parseStudyRecord(await readJson(file), file);
  const record = await readLog(file);
  if (record === undefined) throw new UserError(`${file} is missing or empty.`, 'Name the log of a study.');
  return record;
}

/** The log's whole lines; undefined when there are none. */
async function readLog(file: string): Promise<StudyRecord | undefined> {
  const [first, ...rest] = await new JsonLines(file).read();
  if (first === undefined) return undefined;
  const header = parseStudyHeader(first, { file: `${file}, line 1`, path: '' });
  const measurements = rest.map((line, i) => parseMeasurement(line, { file: `${file}, line ${i + 2}`, path: '' }));
  return { ...header, measurements };
}

/** A JSON document. @throws UserError when the file is missing, too large, or no JSON. */
export async function readJson(file: string): Promise<unknown> {
  await requireSize(file);
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw new UserError(`There is no file ${file}.`, undefined, { cause: error });
    throw error;
  });
  try {
    return JSON.parse(content) as unknown;
  } catch (error) {
    throw new UserError(`${file} is not JSON.`, 'Restore the file, or write it anew.', { cause: error });
  }
}

/** @throws UserError when the file is a folder, or larger than a record may be. */
export async function requireSize(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw new UserError(`${file} is a folder.`, 'Name a file in it.');
  if (found !== undefined && found.size > MAX_RECORD_BYTES)
    throw new UserError(
      `${file} is too large for a record (${Math.round(found.size / 1048576)} MiB).`,
      `At most ${MAX_RECORD_BYTES / 1048576} MiB are read.`,
    );
}

function requireSameStudy(begun: StudyHeader, now: StudyHeader, file: string): void {
  for (const name of ['study', 'domain', 'backend', 'versions'] as const) {
    const [was, is] = [JSON.stringify(sorted(begun[name])), JSON.stringify(sorted(now[name]))];
    if (was !== is)
      throw new UserError(
        `${file} was begun with another ${name}: ${was}, now ${is}.`,
        'Go on in another file: tables take several.',
      );
  }
}

function sorted(value: string | Readonly<Record<string, string>>): unknown {
  return typeof value === 'string' ? value : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function keyOf({ factors, seed }: Pick<Measurement, 'factors' | 'seed'>): string {
  return `${cellKey(factors)} seed ${seed}`;
}

function join(a: StudyRecord, b: StudyRecord): StudyRecord {
  const both = (x: string | undefined, y: string | undefined) =>
    [...new Set([...(x?.split(', ') ?? []), ...(y?.split(', ') ?? [])])].join(', ');
  const names = new Set([...Object.keys(a.versions), ...Object.keys(b.versions)]);
  return {
    ...a,
    command: a.command === b.command ? a.command : `${a.command}; ${b.command}`,
    versions: Object.fromEntries([...names].map((name) => [name, both(a.versions[name], b.versions[name])])),
    backend: both(a.backend, b.backend),
    measurements: [...a.measurements, ...b.measurements],
  };
}
