/**
 * What is known of a data set's files from an earlier opening: the content of each and whether it can be decoded, so that
 * a file that was not touched since is neither read nor decoded again. One JSON file a data set, beside the cached
 * features; a damaged or outdated one is as good as none.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@attune/core/node';
import sharp from 'sharp';
import { mapInOrder } from './map-in-order.ts';
import type { FoundImage } from './scan.ts';

/** What tells that a file is the one that was read: times in milliseconds, with their fractions. */
export interface FileStamp {
  readonly size: number;
  readonly modified: number;
  /** Last change of the file or of what is noted about it: no program can set it back, as `touch` and `cp -p` do the other. */
  readonly changed: number;
}

export interface IndexEntry extends FileStamp {
  /** SHA-256 of the content, hex. */
  readonly content: string;
  /** Why it cannot be decoded; null: it can. */
  readonly fault: string | null;
}

/** By the image's name in the data set. */
export type ImageIndex = ReadonlyMap<string, IndexEntry>;

/** Verdicts are those of one decoder: another one may read what this one could not. */
const VERSION = `1 ${sharp.versions.vips}`;

/**
 * A file that changed this shortly before it was read may have changed again within the same tick of the file system's
 * clock (2 s on FAT), with the same stamp: it is not noted down. As git does with its index.
 */
const SETTLED_MILLISECONDS = 2500;

/** Stats that are under way at a time. */
const STATS_AHEAD = 64;

/** Where the index of the data set at `path` lies. */
export function indexFile(folder: string, path: string): string {
  return join(folder, `images-${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 32)}.json`);
}

/** The index as it was written; empty when there is none, or none that can be used. */
export async function readIndex(file: string): Promise<ImageIndex> {
  try {
    const { version, entries } = JSON.parse(await readFile(file, 'utf8')) as { version: unknown; entries: unknown };
    if (version !== VERSION || !Array.isArray(entries)) return new Map();
    return new Map(
      entries.filter(isRow).map(([name, size, modified, changed, content, fault]) => {
        return [name, { size, modified, changed, content, fault }];
      }),
    );
  } catch {
    return new Map(); // missing, or damaged
  }
}

/** An index that cannot be written is done without. */
export async function writeIndex(file: string, index: ImageIndex): Promise<void> {
  const entries = Array.from(index, ([name, { size, modified, changed, content, fault }]): Row => {
    return [name, size, modified, changed, content, fault];
  });
  await writeFileAtomic(file, JSON.stringify({ version: VERSION, entries })).catch(() => {});
}

/** The entries of those images whose files are as they were. */
export async function unchangedImages(images: readonly FoundImage[], index: ImageIndex): Promise<ImageIndex> {
  const unchanged = new Map<string, IndexEntry>();
  const known = images.filter(({ name }) => index.has(name));
  const stamps = mapInOrder(known, STATS_AHEAD, ({ file }) => stampOf(file));
  let i = 0;
  for await (const stamp of stamps) {
    const { name } = known[i++]!;
    const entry = index.get(name)!;
    if (stamp && sameStamp(stamp, entry)) unchanged.set(name, entry);
  }
  return unchanged;
}

/** Undefined when the file cannot be looked at. */
export async function stampOf(file: string): Promise<FileStamp | undefined> {
  const kind = await stat(file).catch(() => undefined);
  return kind && { size: kind.size, modified: kind.mtimeMs, changed: kind.ctimeMs };
}

export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.size === b.size && a.modified === b.modified && a.changed === b.changed;
}

/** Whether a file of this stamp would show if it were changed from now on. */
export function isSettled({ modified, changed }: FileStamp): boolean {
  return Math.max(modified, changed) < Date.now() - SETTLED_MILLISECONDS;
}

type Row = [name: string, size: number, modified: number, changed: number, content: string, fault: string | null];

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length !== 6) return false;
  const [name, size, modified, changed, content, fault] = row as unknown[];
  return (
    typeof name === 'string' &&
    [size, modified, changed].every(Number.isFinite) &&
    typeof content === 'string' &&
    /^[0-9a-f]{64}$/.test(content) &&
    (fault === null || typeof fault === 'string')
  );
}
