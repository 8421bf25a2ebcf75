import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptFeatures } from './kept-features.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

let computed = 0;
const compute = async () => Float32Array.of(1, 2, 3, 4, 5, ++computed);
const features = (more: { folder?: string | undefined; key?: string; count?: number; size?: number } = {}) =>
  keptFeatures({ folder, count: 2, size: 3, ...more, key: () => more.key ?? 'a' }, compute);

describe('keptFeatures', () => {
  it('computes once for each key, and again where there is no folder', async () => {
    const first = await features();
    expect(await features()).toEqual(first);
    expect(await features({ key: 'b' })).not.toEqual(first);
    expect(await features({ folder: undefined })).not.toEqual(first);
    expect((await readdir(folder)).sort()).toEqual(['a.safetensors', 'b.safetensors']);
  });

  it('computes anew what is damaged, of another shape, or cannot be kept', async () => {
    const first = await features();
    await writeFile(join(folder, 'a.safetensors'), 'broken');
    const second = await features();
    expect(second).not.toEqual(first);
    expect(await features({ count: 3, size: 2 })).not.toEqual(second);
    await writeFile(join(folder, 'file'), '');
    expect(await features({ folder: join(folder, 'file') })).toHaveLength(6);
  });
});
