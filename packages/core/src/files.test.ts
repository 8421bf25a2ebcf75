import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isUserError } from './errors.ts';
import { explainWriteError, JsonLines, writeFileAtomic } from './files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  it('writes and replaces, makes folders, and leaves nothing beside the file', async () => {
    const path = join(folder, 'deep', 'er', 'a.txt');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, Uint8Array.of(0x74, 0x77, 0x6f));
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(folder, 'deep', 'er'))).toEqual(['a.txt']);
  });

  it('says in one line that a part of the path is a file', async () => {
    await writeFile(join(folder, 'file'), '');
    const error = await writeFileAtomic(join(folder, 'file', 'a.txt'), '').catch((error: unknown) => error);
    expect(isUserError(error) && error.message).toMatch(/a part of the path is a file/);
  });

  it('cleans up after a failure, and leaves the old content', async () => {
    const path = join(folder, 'target');
    await mkdir(join(path, 'not-empty'), { recursive: true });
    const error = await writeFileAtomic(path, 'x').catch((error: unknown) => error);
    expect(isUserError(error) && error.message).toMatch(/is a folder/);
    expect(await readdir(folder)).toEqual(['target']);
    expect((await stat(join(path, 'not-empty'))).isDirectory()).toBe(true);
  });
});

describe('explainWriteError', () => {
  it('says that a file would be too large (ulimit -f)', () => {
    const explained = explainWriteError(Object.assign(new Error('x'), { code: 'EFBIG' }), 'a/b');
    expect((explained as Error).message).toContain('a/b was not written: it would be larger than files may be here.');
  });

  it.each(['ENOSPC', 'EDQUOT'])('says that the disk is full (%s)', (code) => {
    const error = explainWriteError(Object.assign(new Error('write'), { code }), '/runs/a');
    expect(isUserError(error) && error.message).toMatch(/disk is full: \/runs\/a/);
  });
  it('passes on what the user cannot put right', () => {
    const error = new TypeError('a bug');
    expect(explainWriteError(error, 'x')).toBe(error);
  });
});

describe('JsonLines', () => {
  it('appends, reads, and passes over a last line that a kill cut short', async () => {
    const lines = new JsonLines(join(folder, 'runs', 'metrics.jsonl'));
    expect(await lines.read()).toEqual([]);
    await lines.append({ epoch: 0, 'train/loss': 1.5 });
    await lines.append({ epoch: 1 });
    await writeFile(lines.path, `${await readFile(lines.path, 'utf8')}{"epoch":2,"tra`);
    expect(await lines.read()).toEqual([{ epoch: 0, 'train/loss': 1.5 }, { epoch: 1 }]);
  });

  it('drops what a resumed run will write again, the broken line too', async () => {
    const lines = new JsonLines(join(folder, 'metrics.jsonl'));
    for (const epoch of [0, 1, 2]) await lines.append({ epoch });
    await writeFile(lines.path, `${await readFile(lines.path, 'utf8')}{"epo`);
    await lines.truncateWhere((record) => (record.epoch as number) < 2);
    await lines.append({ epoch: 2 });
    expect(await readFile(lines.path, 'utf8')).toBe('{"epoch":0}\n{"epoch":1}\n{"epoch":2}\n');
    await new JsonLines(join(folder, 'none.jsonl')).truncateWhere(() => true);
  });

  it('names the line that is no JSON', async () => {
    const lines = new JsonLines(join(folder, 'metrics.jsonl'));
    await writeFile(lines.path, '{}\nnope\n');
    await expect(lines.read()).rejects.toThrow('line 2 is not JSON');
  });
});
