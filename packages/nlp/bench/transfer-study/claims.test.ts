import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimed, inTurn } from './claims.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claims-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a piece of work', () => {
  it('is done by one of those who claim it at once, and is free afterwards', async () => {
    let running = 0;
    const work = async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running--;
    };
    const done = await Promise.all([1, 2, 3].map(() => claimed(folder, 'piece', work)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
    expect(await claimed(folder, 'piece', work)).toBe(true);
  });

  it('is free after one who failed', async () => {
    await expect(claimed(folder, 'piece', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await claimed(folder, 'piece', async () => {})).toBe(true);
  });

  it('is taken from a process that is no more', async () => {
    // Above what any system gives.
    await writeFile(join(folder, 'piece.claim'), '2147483646');
    expect(await claimed(folder, 'piece', async () => {})).toBe(true);
  });

  it('is done one after the other by those who wait', async () => {
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`${name} ends`);
    };
    await Promise.all(['a', 'b'].map((name) => inTurn(folder, 'piece', work(name))));
    expect(order.map((each) => each.slice(2))).toEqual(['begins', 'ends', 'begins', 'ends']);
  });
});
