/**
 * The record of a run, `run.json`, as every domain writes it: what was done, on what, and what came out. Results are traced
 * by it, and a run that was broken off is known by it.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SplitName } from '../dataset/split-name.ts';
import { UserError } from '../errors.ts';
import { writeFileAtomic } from '../files.ts';
import { tf } from '../tensorflow.ts';
import { parsePlan, type TransferPlan } from '../transfer/plan.ts';
import { VERSION } from '../version.ts';

export const RECORD_FORMAT = 1;
export const RECORD_FILE = 'run.json';

/** What all domains have in common; each says what its settings, data and metrics are. */
export interface TrainingRecord {
  readonly format: typeof RECORD_FORMAT;
  readonly domain: string;
  readonly status: 'running' | 'done';
  /** The network that it started from, or that was trained. */
  readonly from: string;
  /** The weights that it started from; null where nothing was carried over. */
  readonly source: { readonly file: string; readonly sha256: string } | null;
  readonly plan: TransferPlan;
  readonly seed: number;
  /** Everything that training was told; where two runs differ here, they are different runs. */
  readonly settings: object;
  readonly classes: readonly string[];
  readonly data: {
    readonly path: string;
    readonly fingerprint: string;
    readonly examples: Readonly<Record<SplitName, number>>;
    readonly skipped: readonly { readonly name: string; readonly reason: string }[];
    /** What is wrong with the data; absent in records of versions that did not look. */
    readonly warnings?: readonly string[];
  };
  readonly versions: { readonly attune: string; readonly tensorflow: string; readonly node: string };
  readonly backend: string;
  /** Null while the run goes on. */
  readonly result: TrainingResult | null;
}

export interface TrainingResult<Metrics = object> {
  /** Updates done. */
  readonly steps: number;
  /** Counted from 0: the epoch whose weights were kept. */
  readonly bestEpoch: number;
  readonly stopped: 'epochs' | 'patience';
  /** Training, validation included; of the last process where the run was resumed. */
  readonly seconds: number;
  /** Single numbers that training moved. */
  readonly trainableParameters: number;
  readonly validation: Metrics | null;
  readonly test: Metrics | null;
}

/** What this process runs on, for a record. */
export function runningOn(): Pick<TrainingRecord, 'versions' | 'backend'> {
  return {
    versions: { attune: VERSION, tensorflow: tf.version_core, node: process.versions.node },
    backend: tf.getBackend(),
  };
}

export async function writeRecord(folder: string, record: TrainingRecord): Promise<void> {
  await writeFileAtomic(join(folder, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The folder's record, of whatever domain; undefined when there is none. What all records have is checked.
 * @throws UserError when it is no record of a run.
 */
export async function readAnyRecord(folder: string): Promise<TrainingRecord | undefined> {
  const file = join(folder, RECORD_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'ENOTDIR') throw new UserError(`${folder} is a file.`, 'Give the folder of a run.');
    throw error;
  });
  if (text === undefined) return undefined;
  let record: Partial<TrainingRecord> | null;
  try {
    record = JSON.parse(text) as Partial<TrainingRecord> | null;
  } catch (error) {
    throw new UserError(`${file} is not JSON.`, 'Restore it, or tune anew into another folder.', { cause: error });
  }
  if (record?.format !== RECORD_FORMAT || typeof record.domain !== 'string' || !Array.isArray(record.classes))
    throw new UserError(`${file} is not the record of a run.`, 'Give the folder of one.');
  return { ...(record as TrainingRecord), plan: parsePlan(record.plan, file) };
}

/** As `readAnyRecord`. @throws UserError when it is the record of another domain's run, too. */
export async function readRecordOf<Record extends TrainingRecord>(
  domain: Record['domain'],
  folder: string,
): Promise<Record | undefined> {
  const record = await readAnyRecord(folder);
  if (record !== undefined && record.domain !== domain)
    throw new UserError(
      `${join(folder, RECORD_FILE)} is the record of a run of ${record.domain}, not of ${domain}.`,
      'Give the folder of one.',
    );
  return record as Record | undefined;
}

/** The record of a finished run. @throws UserError when it is undefined or of a run that goes on. */
export async function requireFinished<Record extends TrainingRecord>(
  record: Record | undefined,
  folder: string,
): Promise<Record> {
  if (record === undefined) {
    const exists = await stat(folder).catch(() => undefined);
    throw new UserError(
      exists ? `${folder} holds no run.` : `There is no folder ${folder}.`,
      'Give the folder that tune wrote its run to.',
    );
  }
  if (record.result === null)
    throw new UserError(
      `The run in ${folder} is not finished.`,
      'Go on with it first: tune with the same options and --resume.',
    );
  return record;
}

/** The run that `out` holds. @throws UserError when it holds one that is not to be resumed, or is a file. */
export async function begunRun<Record extends TrainingRecord>(
  domain: Record['domain'],
  out: string | undefined,
  resume: boolean,
): Promise<Record | undefined> {
  if (out === undefined) {
    if (resume) throw new UserError('There is no folder to resume from.', 'Name the folder of the run.');
    return undefined;
  }
  const kind = await stat(out).catch(() => undefined);
  if (kind && !kind.isDirectory()) throw new UserError(`${out} is a file.`, 'Give a folder for the run.');
  const begun = await readRecordOf<Record>(domain, out);
  if (begun && !resume)
    throw new UserError(`${out} already holds a run.`, 'Choose another folder, or go on with it by --resume.');
  return begun;
}

/**
 * Refuses to go on with another run than the one that was begun.
 * @param more What else makes two runs of the domain different, by a name that a user understands.
 * @throws UserError that names the first difference.
 */
export function requireSameRecord<Record extends TrainingRecord>(
  begun: Record,
  now: Record,
  folder: string,
  more: (record: Record) => readonly (readonly [name: string, value: unknown])[] = () => [],
): void {
  const parts = (record: Record): (readonly [string, unknown])[] => [
    ['network', record.from],
    ['source weights', record.source?.sha256 ?? null],
    ['seed', record.seed],
    ['data', record.data.fingerprint],
    ...more(record),
    ['plan', record.plan],
    ...Object.entries(record.settings).map(([name, value]) => [`setting ${name}`, value] as const),
  ];
  const before = new Map(parts(begun));
  for (const [name, value] of parts(now)) {
    const [was, is] = [before.get(name), value].map((one) => JSON.stringify(one ?? null));
    if (was !== is)
      throw new UserError(
        `The run in ${folder} was begun with another ${name}: ${shorten(was)}, now ${shorten(is)}.`,
        'Resume with the same options, or tune anew into another folder.',
      );
  }
}

function shorten(text: string | undefined): string {
  if (text === undefined || text === 'null') return 'none';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
