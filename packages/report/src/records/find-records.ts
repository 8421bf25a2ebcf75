/** Runs and studies among files and folders that a user names. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@attune/core';
import { type ReadRun, readRun } from './run-files.ts';
import { readStudy } from './study-log.ts';
import type { StudyRecord } from './study-record.ts';

export interface FoundRecords {
  readonly runs: readonly ReadRun[];
  /** The files of one study together. */
  readonly studies: readonly StudyRecord[];
}

/** Folders in folders: a folder of runs of several plans is two deep. */
const DEPTH = 4;

/**
 * Reads folders of runs, folders that hold such folders, and files of studies (`.jsonl`, `.json`).
 * @throws UserError when a path holds neither, or a record is wrong.
 */
export async function readRecords(paths: readonly string[]): Promise<FoundRecords> {
  const runs: ReadRun[] = [];
  const files = new Map<string, string[]>();
  for (const path of paths) {
    const found = await find(path);
    if (found.runs.length + found.files.length === 0)
      throw new UserError(
        `${path} holds no run and no study.`,
        'Name folders of runs, or the logs of a study (.jsonl).',
      );
    for (const folder of found.runs) runs.push(await readRun(folder));
    for (const file of found.files) {
      const { domain, study } = await readStudy(file);
      const key = JSON.stringify([domain, study]);
      files.set(key, [...(files.get(key) ?? []), file]);
    }
  }
  const studies: StudyRecord[] = [];
  for (const group of files.values()) studies.push(await readStudy(group));
  return { runs, studies };
}

async function find(path: string): Promise<{ readonly runs: string[]; readonly files: string[] }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UserError(`There is no ${path}.`, 'Name folders of runs, or the logs of a study.');
  return found.isDirectory() ? search(path, DEPTH) : { runs: [], files: [path] };
}

async function search(folder: string, depth: number): Promise<{ runs: string[]; files: string[] }> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (entries.some(({ name }) => name === 'run.json')) return { runs: [folder], files: [] };
  const found = { runs: [] as string[], files: [] as string[] };
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith('.jsonl')) found.files.push(path);
    if (!entry.isDirectory() || depth === 0) continue;
    const { runs, files } = await search(path, depth - 1);
    found.runs.push(...runs);
    found.files.push(...files);
  }
  return found;
}
