/** `attune report` through the real program, on runs and studies that were written by hand. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namedPlan } from '@attune/core';
import { openStudyLog } from '@attune/report/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attune } from '../test/cli.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-report-'));
  for (const [plan, accuracies] of Object.entries({ full: [0.75, 0.85], 'linear-probe': [0.5, 0.7] }))
    for (const [seed, accuracy] of accuracies.entries()) {
      const run = join(folder, 'runs', `${plan}-seed${seed}`);
      await mkdir(run, { recursive: true });
      const record = {
        format: 1,
        domain: 'vision',
        status: 'done',
        from: 'shapes_cnn',
        plan: namedPlan(plan),
        seed,
        settings: { epochs: 2 },
        classes: ['a', 'b'],
        data: { path: 'shapes', fingerprint: 'f00d', examples: { train: 10, test: 4 }, skipped: [] },
        versions: { attune: '0.1.0' },
        backend: 'onnx',
        result: {
          steps: 4,
          seconds: 2,
          test: {
            accuracy,
            loss: 1 - accuracy,
            confusion: [
              [2, 0],
              [1, 1],
            ],
          },
        },
      };
      await writeFile(join(run, 'run.json'), JSON.stringify(record));
      await writeFile(join(run, 'metrics.jsonl'), '{"epoch":0,"train/loss":1}\n{"epoch":1,"train/loss":0.5}\n');
    }
  const header = { study: 'sizes', domain: 'vision', command: 'node study', versions: {}, backend: 'onnx' };
  const log = await openStudyLog(join(folder, 'sizes.jsonl'), header);
  for (const plan of ['full', 'scratch'])
    for (const size of [5, 20])
      await log.append({ factors: { plan, size }, seed: 0, metrics: { accuracy: size / 100 }, seconds: 1 });
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

describe('attune report', () => {
  it('prints a table of the runs in a folder, and writes the page', async () => {
    const { status, stdout, stderr } = await attune(['report', 'runs'], { cwd: folder });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^full +2 +80\.0 % +7\.1 points/m);
    expect(stdout).toMatch(/^linear-probe +2 +60\.0 %/m);
    const page = await readFile(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('2 plans compared');
    expect(page).toContain('linear-probe: -20.0, from -25.0 to -15.0');
    expect(page).toContain('moves everything');
  });

  it('of a study prints the pivot; with --json one document, and the page where it is asked for', async () => {
    const text = await attune(['report', 'sizes.jsonl', '--out', 'a.html'], { cwd: folder });
    expect(text.stdout).toMatch(/^plan +5 +20\nfull +5\.0\* +20\.0\*\nscratch +5\.0\* +20\.0\*$/m);
    const { stdout } = await attune(['report', 'runs', 'sizes.jsonl', '--out', 'b.html', '--json'], { cwd: folder });
    const document = JSON.parse(stdout);
    expect(document.report).toBe('b.html');
    expect(document.studies[0].measurements).toHaveLength(4);
    expect(document.runs[0]).toMatchObject({ plan: 'full', runs: 2, metrics: { accuracy: { mean: 0.8, count: 2 } } });
    expect(await readFile(join(folder, 'b.html'), 'utf8')).toContain('accuracy by size');
  });

  it.each<[string[], RegExp]>([
    [['none'], /There is no none\./],
    [['sizes.jsonl', '--metric', 'acuracy'], /has the metric 'acuracy'.*Did you mean accuracy/],
    [['runs/full-seed0/metrics.jsonl'], /line 1: format must be 1, and it is missing/],
  ])('refuses %j in one line', async (args, message) => {
    const { status, stderr } = await attune(['report', ...args], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
