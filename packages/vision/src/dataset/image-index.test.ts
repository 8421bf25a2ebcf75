/** An opening with an index gives what one without it gives, reads what changed, and nothing else. */
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { picture, save, temporaryFolder, writeTwoColours } from '../../test/pictures.ts';
import { indexFile } from './image-index.ts';
import type { ImageDataset } from './open.ts';
import { openImages } from './open.ts';

vi.mock('sharp', { spy: true });

let folder: string;
let indexFolder: string;
let data: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  indexFolder = join(folder, 'cache');
  data = join(folder, 'data');
  await writeTwoColours(data, 4);
  later();
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

/** What lies on disk was written long ago. */
function later(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
}

async function opened(
  options: { onBroken?: 'skip' | 'refuse' } = {},
): Promise<{ decoded: number; dataset: ImageDataset }> {
  vi.mocked(sharp).mockClear();
  const dataset = await openImages(data, { resize: 8, indexFolder, ...options });
  return { decoded: vi.mocked(sharp).mock.calls.length, dataset };
}

describe('openImages with an index', () => {
  it('touches no image that it knows, and gives the same data set', async () => {
    const plain = await openImages(data, { resize: 8 });
    const first = await opened();
    expect(first.decoded).toBeGreaterThanOrEqual(8);
    const second = await opened();
    expect(second.decoded).toBe(0);
    expect(second.dataset.fingerprint).toBe(plain.fingerprint);
    const parts = ({ classes, splits, skipped, warnings }: ImageDataset) => ({
      classes,
      skipped,
      warnings,
      names: Object.values(splits).map((split) => split.map(({ name, label }) => [name, label])),
    });
    expect(parts(second.dataset)).toEqual(parts(plain));
    const [example] = second.dataset.splits.train;
    expect(await example!.pixels()).toEqual(await plain.splits.train[0]!.pixels());
    // Once decoded, pixels stay.
    vi.mocked(sharp).mockClear();
    await example!.pixels();
    expect(sharp).not.toHaveBeenCalled();
  });

  it('notices a file of other content, even of the same size and time, and a new and a removed one', async () => {
    const { fingerprint } = (await opened()).dataset;
    const file = join(data, 'red', '001.png');
    const before = await stat(file);
    const bytes = await readFile(file);
    bytes[bytes.length - 20]! ^= 1; // damaged, by a single bit
    vi.useRealTimers();
    await writeFile(file, bytes);
    await utimes(file, before.atime, before.mtime);
    later();
    const spoilt = (await opened()).dataset;
    expect(spoilt.fingerprint).not.toBe(fingerprint);
    expect(spoilt.skipped.map(({ name }) => name)).toEqual(['red/001.png']);
    expect((await opened()).decoded).toBe(0);

    await save(join(data, 'red', 'new.png'), await picture(9, 9, [7, 8, 9]).png().toBuffer());
    await rm(file);
    const changed = await opened();
    expect(Object.values(changed.dataset.splits).flat()).toHaveLength(8);
    expect(changed.dataset.skipped).toEqual([]);
    expect(changed.dataset.fingerprint).toBe((await openImages(data, { resize: 8 })).fingerprint);
  });

  it('remembers what is broken', async () => {
    await save(join(data, 'red', 'page.png'), '<html>');
    const first = await opened();
    expect(first.dataset.skipped).toEqual([{ name: 'red/page.png', reason: expect.stringContaining('not a JPEG') }]);
    const second = await opened();
    expect(second.decoded).toBe(0);
    expect(second.dataset.skipped).toEqual(first.dataset.skipped);
    expect(second.dataset.fingerprint).toBe(first.dataset.fingerprint);
    await expect(opened({ onBroken: 'refuse' })).rejects.toThrow(/^red\/page\.png: this is not/);
  });

  it('does not rely on files that were written just before', async () => {
    vi.useRealTimers();
    await opened();
    expect((await opened()).decoded).toBeGreaterThanOrEqual(8);
  });

  it('follows a data set that took the place of another', async () => {
    const { fingerprint } = (await opened()).dataset;
    await rename(data, join(folder, 'old'));
    await writeTwoColours(data, 4, 20);
    later();
    expect((await opened()).dataset.fingerprint).not.toBe(fingerprint);
  });

  it.each(['{', '[]', '{"version":"0","entries":[]}', 'entries'])('does without a damaged index: %s', async (text) => {
    const { fingerprint } = (await opened()).dataset;
    const file = indexFile(indexFolder, data);
    expect(await readdir(indexFolder)).toHaveLength(1);
    if (text === 'entries') {
      const index = JSON.parse(await readFile(file, 'utf8')) as { entries: unknown[][] };
      for (const row of index.entries) row[4] = 'not a hash';
      await writeFile(file, JSON.stringify(index));
    } else await writeFile(file, text);
    const again = await opened();
    expect(again.decoded).toBeGreaterThanOrEqual(8);
    expect(again.dataset.fingerprint).toBe(fingerprint);
    expect((await opened()).decoded).toBe(0);
  });
});
