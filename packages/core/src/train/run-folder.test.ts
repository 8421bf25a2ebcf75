import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isUserError } from '../errors.ts';
import { Random } from '../random.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { CHECKPOINT_FORMAT, type Checkpoint } from './checkpoint.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint-folder.ts';
import type { EpochRecord } from './records.ts';
import { RunFolder } from './run-folder.ts';

/** Set to make the disk full from the n-th opened file on. */
const disk = vi.hoisted(() => ({ opensLeft: Number.POSITIVE_INFINITY }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const handle = await real.open(...args);
      if (disk.opensLeft-- > 0) return handle;
      handle.writeFile = async () => {
        await handle.write('half of wh');
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      };
      return handle;
    },
  };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-run-'));
});
afterEach(async () => {
  disk.opensLeft = Number.POSITIVE_INFINITY;
  await rm(folder, { recursive: true, force: true });
});

const checkpoint = (step: number): Checkpoint => ({
  state: {
    format: CHECKPOINT_FORMAT,
    versions: { attune: '0', tensorflow: '0', backend: 'cpu' },
    plan: namedPlan('full'),
    settings: { seed: 1, clipNorm: null },
    frozenFingerprint: 'f',
    random: Random.fromSeed(1).state(),
    epoch: 1,
    batch: 2,
    step,
    finished: false,
    running: { loss: 0.1, correct: 1, examples: 3, seconds: 0.5, waiting: 0 },
    bestEpoch: null,
    sinceBest: 0,
    history: [],
  },
  tensors: new Map([['parameter/w', { shape: [2], data: Float32Array.of(step, 0.1) }]]),
});
const record = (epoch: number) => ({ epoch }) as EpochRecord;

describe('checkpoint folder', () => {
  it('gives back what was saved, and keeps one file of tensors', async () => {
    expect(await loadCheckpoint(folder)).toBeUndefined();
    await saveCheckpoint(folder, checkpoint(1));
    await saveCheckpoint(folder, checkpoint(2));
    const loaded = (await loadCheckpoint(folder))!;
    expect(loaded.state).toEqual(checkpoint(2).state);
    expect(loaded.tensors.get('parameter/w')).toMatchObject({ shape: [2], data: Float32Array.of(2, 0.1) });
    expect((await readdir(folder)).length).toBe(2);
  });

  it.each([0, 2])('keeps the old checkpoint when the disk is full (after %d more files)', async (files) => {
    await saveCheckpoint(folder, checkpoint(1));
    const before = await readdir(folder);
    disk.opensLeft = files;
    const error = await saveCheckpoint(folder, checkpoint(2)).catch((error: unknown) => error);
    expect(isUserError(error) && error.message).toMatch(/^The disk is full: .* was not written\. Free some space/);
    disk.opensLeft = Number.POSITIVE_INFINITY;
    expect((await loadCheckpoint(folder))!.state.step).toBe(1);
    expect(await readdir(folder)).toEqual(before);
  });

  it('tidies up what killed writes left', async () => {
    for (const name of ['tensors-0123456789abcdef.safetensors', '.state.json.0123456789ab.tmp', 'notes.txt'])
      await writeFile(join(folder, name), 'x');
    await saveCheckpoint(folder, checkpoint(1));
    expect((await readdir(folder)).filter((name) => !/^tensors-|^state/.test(name))).toEqual(['notes.txt']);
    expect((await readdir(folder)).length).toBe(3);
  });

  it.each<[string, (state: string, tensors: string) => Promise<void>, string]>([
    ['a state cut short', async (state) => writeFile(state, '{"format":1'), 'not JSON'],
    ['null', async (state) => writeFile(state, 'null'), 'is not a checkpoint'],
    ['another format', async (state) => writeFile(state, '{"format":9}'), 'format 9'],
    ['changed tensors', async (_, tensors) => writeFile(tensors, 'x'), 'has been changed'],
    ['missing tensors', async (_, tensors) => rm(tensors), 'cannot be read (ENOENT)'],
    [
      'a path for a name',
      async (state) => writeFile(state, (await readFile(state, 'utf8')).replace(/"file":"/, '"file":"../')),
      'names no file of tensors',
    ],
    [
      'a missing part',
      async (state) => writeFile(state, (await readFile(state, 'utf8')).replace('"running"', '"walking"')),
      'running is missing',
    ],
  ])('refuses %s', async (_, damage, message) => {
    await saveCheckpoint(folder, checkpoint(1));
    const tensors = (await readdir(folder)).find((name) => name.startsWith('tensors'))!;
    await damage(join(folder, 'state.json'), join(folder, tensors));
    const error = await loadCheckpoint(folder).catch((error: unknown) => error);
    expect(isUserError(error) && error.message).toContain(message);
  });
});

describe('RunFolder', () => {
  it('drops the lines of epochs that will be run again', async () => {
    const run = new RunFolder(folder);
    for (const epoch of [0, 1, 2]) await run.epoch(record(epoch));
    await run.checkpoint(checkpoint(5)); // in epoch 1
    expect((await run.open({ resume: true }))!.state.step).toBe(5);
    expect(await run.metrics.read()).toEqual([{ epoch: 0 }]);
  });

  it('starts anew without anything of an earlier run', async () => {
    const run = new RunFolder(folder);
    await run.epoch(record(0));
    await run.checkpoint(checkpoint(5));
    expect(await run.open({ resume: false })).toBeUndefined();
    expect(await run.metrics.read()).toEqual([]);
    expect(await run.open({ resume: true })).toBeUndefined();
  });
});

describe('a run that is killed (SIGKILL) again and again', () => {
  const script = fileURLToPath(new URL('../../test/killed-run.ts', import.meta.url));

  /** Runs until it ends, or until it has written `steps` steps and is killed; gives the last line. */
  function run(path: string, mode: 'start' | 'resume', steps = Number.POSITIVE_INFINITY): Promise<string> {
    const child = spawn(process.execPath, ['--conditions=@attune/source', '--import', 'tsx', script, path, mode]);
    let output = '';
    let errors = '';
    child.stdout.on('data', (text) => {
      output += text;
      if (output.split('\n').length > steps) child.kill('SIGKILL');
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    return new Promise((resolve, reject) => {
      child.on('close', (code, signal) => {
        if (code === 0 || signal === 'SIGKILL') resolve(output.trimEnd().split('\n').at(-1)!);
        else reject(new Error(errors));
      });
    });
  }

  it('goes on to the same final numbers as an unbroken run', async () => {
    const expected = await run(join(folder, 'unbroken'), 'start');
    const path = join(folder, 'killed');
    expect(await run(path, 'start', 7)).toMatch(/^step 0 /);
    expect(await run(path, 'resume', 9)).toMatch(/^step 1 /);
    expect(await run(path, 'resume', 13)).toMatch(/^step 2 /);
    expect(await run(path, 'resume')).toBe(expected);
    expect(JSON.parse(expected).history.length).toBe(4);
    const lines = await new RunFolder(path).metrics.read();
    expect(lines.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
  });
});
