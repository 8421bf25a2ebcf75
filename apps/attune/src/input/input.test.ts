import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { VERSION } from '../version.ts';
import { locateData } from './data-sets.ts';
import { newRunFolder } from './run-folder.ts';

let folder: string;
const before = process.cwd();
const environment = { ...process.env };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-input-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  process.env.ATTUNE_DATA = join(folder, 'shelf');
});

afterEach(async () => {
  process.env = { ...environment };
  await rm(folder, { recursive: true, force: true });
});

describe('locateData', () => {
  it('takes a path that is there, else a name below the data directory', async () => {
    await mkdir(join(folder, 'shelf', 'vision', 'mine'), { recursive: true });
    expect(await locateData(folder)).toBe(folder);
    expect(await locateData('vision/mine')).toBe(join(folder, 'shelf', 'vision', 'mine'));
    await expect(locateData('vision/min')).rejects.toThrow('Did you mean vision/mine');
  });

  it('never leads out of the data directory', async () => {
    await mkdir(join(folder, 'shelf'), { recursive: true });
    await mkdir(join(folder, 'secret'));
    await expect(locateData('../secret')).rejects.toThrow('There is no data at ../secret.');
  });

  it('writes a generated data set once, and gives the same folder again', async () => {
    const place = await locateData('fixtures/similar');
    expect(place.startsWith(join(folder, 'cache'))).toBe(true);
    expect(await locateData('fixtures/similar')).toBe(place);
  });
});

describe('newRunFolder', () => {
  it('names the day and the run, and makes names safe', async () => {
    const day = new Date(2026, 0, 5);
    expect(await newRunFolder('similar-full', day)).toBe(join('runs', '2026-01-05-similar-full'));
    expect(await newRunFolder('../a b/c:', day)).toBe(join('runs', '2026-01-05-a-b-c'));
    expect(await newRunFolder('...', day)).toBe(join('runs', '2026-01-05-run'));
    expect(process.cwd()).toBe(before);
  });
});

it("the version is package.json's", () => expect(VERSION).toBe(packageJson.version));
