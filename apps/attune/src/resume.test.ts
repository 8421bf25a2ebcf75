/** A run that is killed in the middle of an epoch, or stopped, goes on to the numbers of an unbroken one. */
import { readFile, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../test/cli.ts';
import { attune, readJson, textWorkspace, workspace } from '../test/cli.ts';

// 5 batches an epoch, a checkpoint after each.
const RUNS = [
  { domain: 'vision', make: workspace, how: ['--plan', 'full', '--batch', '4'] },
  {
    domain: 'nlp',
    make: textWorkspace,
    how: ['--from', 'text-cnn', '--embedding-size', '8', '--hidden-size', '6', '--batch', '8'],
  },
] as const;

describe.each(RUNS)('tune $domain', ({ domain, make, how }) => {
  let folder: string;
  let remove: () => Promise<void>;
  let command: string[];
  let unbroken: Outcome;

  beforeAll(async () => {
    const made = await make();
    ({ folder, remove } = made);
    command = ['tune', domain, '--data', made.data, ...how, '--epochs', '4', '--seed', '3'];
    command.push('--checkpoint-seconds', '0', '--json', '--out');
    unbroken = await attune([...command, 'unbroken'], { cwd: folder });
    expect(unbroken.stderr).toContain('epoch 4/4');
    expect(unbroken.status).toBe(0);
  });

  afterAll(async () => remove());

  /** Runs until the checkpoint of a batch in the middle of that epoch is written, then sends the signal. */
  async function broken(out: string, epoch: number, signal: NodeJS.Signals, more: string[] = []): Promise<Outcome> {
    const ended = new AbortController();
    let inTheMiddle = false;
    const outcome = await attune([...command, out, ...more], {
      cwd: folder,
      onStart: (child) => {
        child.on('exit', () => ended.abort());
        void (async () => {
          for await (const _ of watch(folder, { recursive: true, signal: ended.signal })) {
            const state = await readJson(join(folder, out, 'checkpoint', 'state.json')).catch(() => undefined);
            if (state === undefined || (state.epoch as number) < epoch || (state.batch as number) < 1) continue;
            inTheMiddle = true;
            child.kill(signal);
            return;
          }
        })().catch(() => {});
      },
    });
    expect(inTheMiddle).toBe(true);
    return outcome;
  }

  /** All that a run came to, without what it took. */
  async function numbers(out: string): Promise<unknown> {
    const lines = (await readFile(join(folder, out, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
    const { result } = (await readJson(join(folder, out, 'run.json'))) as { result: Record<string, unknown> };
    const { seconds: _, ...rest } = result;
    const model = await readFile(join(folder, out, 'model.safetensors'));
    return {
      metrics: lines.map((line) => {
        const {
          'charts/seconds': _,
          'charts/examples_per_second': __,
          'charts/stall_share': ___,
          ...record
        } = JSON.parse(line);
        return record;
      }),
      result: rest,
      model: model.toString('base64'),
    };
  }

  it('kill -9 twice, then --resume', async () => {
    expect((await broken('killed', 0, 'SIGKILL')).status).toBe(null);
    expect(await readJson(join(folder, 'killed', 'run.json'))).toMatchObject({ status: 'running', result: null });
    expect((await broken('killed', 2, 'SIGKILL', ['--resume'])).status).toBe(null);
    const { status, stdout, stderr } = await attune([...command, 'killed', '--resume'], { cwd: folder });
    expect(status).toBe(0);
    expect(stderr).not.toContain('epoch 1/4');
    expect(await numbers('killed')).toEqual(await numbers('unbroken'));
    const [resumed, whole] = [stdout, unbroken.stdout].map((text) => JSON.parse(text).result);
    expect({ ...resumed, seconds: 0 }).toEqual({ ...whole, seconds: 0 });
  });

  it('Ctrl-C stops with a checkpoint and says how to go on; --resume takes the options from the run', async () => {
    const { status, stdout, stderr } = await broken('stopped', 1, 'SIGINT');
    expect(status).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('attune: Stopped. Go on with: --out stopped --resume');
    expect(JSON.parse(stdout)).toEqual({
      error: { status: 1, message: 'Stopped. Go on with: --out stopped --resume' },
    });
    expect((await attune(['tune', domain, '--out', 'stopped', '--resume'], { cwd: folder })).status).toBe(0);
    expect(await numbers('stopped')).toEqual(await numbers('unbroken'));
  });

  it('refuses to go on with other options', async () => {
    const { status, stderr } = await attune([...command, 'unbroken', '--resume', '--lr', '0.1'], { cwd: folder });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^attune: The run in unbroken was begun with another setting learningRate: .*\n$/),
    ]);
  });
});
