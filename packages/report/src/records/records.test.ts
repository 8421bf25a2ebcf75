import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@attune/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRun } from './run-files.ts';
import { evaluationOf, parseRunRecord } from './run-record.ts';
import { openStudyLog, readStudy } from './study-log.ts';
import type { Measurement } from './study-record.ts';
import { parseStudyRecord, where } from './study-record.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-report-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const header = {
  study: 'plans',
  domain: 'vision',
  command: 'npm run study',
  versions: { node: '20' },
  backend: 'onnx',
};
const measurement = (size: number, seed: number): Measurement => ({
  factors: { plan: 'full', size },
  seed,
  metrics: { accuracy: 0.5 + seed / 10 },
  settings: { learningRate: 0.01 },
  seconds: 2,
});

describe('openStudyLog', () => {
  it('goes on where it was: what is there is not measured again', async () => {
    const file = join(folder, 'new', 'study.jsonl');
    const log = await openStudyLog(file, header);
    await log.append(measurement(5, 0));
    expect(log.has({ size: 5, plan: 'full' }, 0)).toBe(true);
    const again = await openStudyLog(file, header);
    expect(again.has({ size: 5, plan: 'full' }, 0)).toBe(true);
    expect(again.has({ size: 5, plan: 'full' }, 1)).toBe(false);
    expect(again.has({ size: '5', plan: 'full' }, 0)).toBe(false);
    await again.append(measurement(5, 1));
    await expect(again.append(measurement(5, 1))).rejects.toThrow(RangeError);
    expect(await readStudy(file)).toEqual({
      format: 1,
      kind: 'study',
      ...header,
      measurements: [measurement(5, 0), measurement(5, 1)],
    });
  });

  it('drops a last line that a kill cut short, and the next is not glued to it', async () => {
    const file = join(folder, 'study.jsonl');
    await (await openStudyLog(file, header)).append(measurement(5, 0));
    await appendFile(file, JSON.stringify(measurement(5, 1)).slice(0, 30));
    expect((await readStudy(file)).measurements).toHaveLength(1);
    const log = await openStudyLog(file, header);
    expect(log.has(measurement(5, 1).factors, 1)).toBe(false);
    await log.append(measurement(5, 2));
    expect((await readStudy(file)).measurements.map(({ seed }) => seed)).toEqual([0, 2]);
  });

  it('begins anew where the kill came within the header', async () => {
    const file = join(folder, 'study.jsonl');
    await writeFile(file, '{"format":1,"ki');
    await (await openStudyLog(file, header)).append(measurement(5, 0));
    expect((await readStudy(file)).measurements).toHaveLength(1);
  });

  it('refuses another study, other versions, and what is no number', async () => {
    const file = join(folder, 'study.jsonl');
    const log = await openStudyLog(file, header);
    await expect(openStudyLog(file, { ...header, study: 'other' })).rejects.toThrow(
      /another study: "plans", now "other"/,
    );
    await expect(openStudyLog(file, { ...header, versions: { node: '22' } })).rejects.toThrow(/another versions/);
    await openStudyLog(file, { ...header, command: 'npm run study --only plans' });
    const diverged = { ...measurement(5, 0), metrics: { loss: Number.NaN } };
    await expect(log.append(diverged)).rejects.toThrow(/the new measurement.metrics.loss must be a finite number/);
    expect(await readFile(file, 'utf8')).not.toContain('null');
  });
});

describe('readStudy', () => {
  it('puts files together, JSON documents and logs', async () => {
    const [a, b] = [join(folder, 'a.jsonl'), join(folder, 'b.json')];
    await (await openStudyLog(a, header)).append(measurement(5, 0));
    const other = { ...header, versions: { node: '22', sharp: '0.35' }, backend: 'cpu' };
    await writeFile(b, JSON.stringify({ format: 1, kind: 'study', ...other, measurements: [measurement(20, 0)] }));
    const { measurements, versions, backend } = await readStudy([a, b]);
    expect(measurements.map(({ factors }) => factors.size)).toEqual([5, 20]);
    expect({ versions, backend }).toEqual({ versions: { node: '20, 22', sharp: '0.35' }, backend: 'onnx, cpu' });
    await expect(readStudy([a, b, a])).rejects.toThrow(/both hold the measurement/);
  });

  it.each<[string, string, RegExp]>([
    ['no header', '[]', /line 1: the record must be an object, and it is a list/],
    ['a later format', JSON.stringify({ ...header, kind: 'study', format: 2 }), /format must be 1, and it is 2/],
    ['no JSON', 'x', /line 1 is not JSON/],
  ])('refuses %s', async (_, first, message) => {
    const file = join(folder, 'study.jsonl');
    await writeFile(file, `${first}\n`);
    await expect(readStudy(file)).rejects.toThrow(message);
    await expect(readStudy(file)).rejects.toThrow(UserError);
  });

  it('refuses a file that is missing, and a folder', async () => {
    await expect(readStudy(join(folder, 'none.jsonl'))).rejects.toThrow(/missing or empty/);
    await expect(readStudy(join(folder, 'none.json'))).rejects.toThrow(/There is no file/);
    await expect(readStudy(folder)).rejects.toThrow(/is a folder/);
    await expect(readStudy([])).rejects.toThrow(UserError);
  });
});

describe('parseStudyRecord', () => {
  const record = { format: 1, kind: 'study', ...header, measurements: [measurement(5, 0)] };
  const nested = JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`) as unknown;

  it.each<[string, object]>([
    ['measurements must be a list', { measurements: {} }],
    ['measurements[0].seed must be a whole number', { measurements: [{ ...measurement(5, 0), seed: -1 }] }],
    [
      'measurements[0].factors.plan must be a text',
      { measurements: [{ ...measurement(5, 0), factors: { plan: null } }] },
    ],
    ['measurements[0].metrics.x must be a finite', { measurements: [{ ...measurement(5, 0), metrics: { x: '1' } }] }],
    ['measurements[0].settings.deep', { measurements: [{ ...measurement(5, 0), settings: { deep: nested } }] }],
    [
      'measurements[0].seconds must be a finite number, and it is missing',
      { measurements: [{ ...measurement(5, 0), seconds: undefined }] },
    ],
    ['versions.node must be a text', { versions: { node: 20 } }],
    ['study must be a text of at most', { study: 'x'.repeat(30_000) }],
  ])('names the field: %s', (message, change) => {
    const parse = () => parseStudyRecord({ ...record, ...change }, 'study.json');
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(`study.json: ${message}`);
  });

  it('takes __proto__ for a name like any other', () => {
    const hostile = JSON.stringify(record).replace('"plan":', '"__proto__":');
    const { measurements } = parseStudyRecord(JSON.parse(hostile), 'study.json');
    expect(Object.keys(measurements[0]!.factors)).toEqual(['__proto__', 'size']);
    expect(where(measurements, { plan: 'full' })).toEqual([]);
  });
});

describe('runs', () => {
  const run = {
    format: 1,
    domain: 'vision',
    status: 'done',
    from: 'shapes_cnn',
    plan: { name: 'full', moved: {} },
    seed: 3,
    settings: { epochs: 2 },
    versions: { attune: '0.1.0' },
    backend: 'onnx',
    classes: ['a', 'b'],
    data: { path: 'x' },
    result: {
      test: {
        accuracy: 0.5,
        perClass: [1, null],
        confusion: [
          [2, 0],
          [2, 0],
        ],
      },
    },
  };

  it('are read with their history, and what a domain adds is kept', async () => {
    await mkdir(join(folder, 'run'));
    await writeFile(join(folder, 'run', 'run.json'), JSON.stringify(run));
    await writeFile(join(folder, 'run', 'metrics.jsonl'), '{"epoch":0,"train/loss":1.5}\n{"epoch":1,"tra');
    const { record, history, evaluated } = await readRun(join(folder, 'run'));
    expect(record).toEqual(run);
    expect(history).toEqual([{ epoch: 0, 'train/loss': 1.5 }]);
    expect(evaluated).toEqual({
      split: 'test',
      metrics: { accuracy: 0.5 },
      confusion: [
        [2, 0],
        [2, 0],
      ],
    });
    await expect(readRun(folder)).rejects.toThrow(/holds no run/);
  });

  it.each<[string, object]>([
    ['status must be "running" or "done"', { status: 'gone' }],
    ['plan.name must be a text', { plan: {} }],
    ['classes[1] must be a text', { classes: ['a', 2] }],
    ['result.test.confusion must be 2 rows', { result: { test: { confusion: [[1]] } } }],
    ['result.test.confusion[1] must be 2 counts', { result: { test: { confusion: [[1, 2], [1]] } } }],
    [
      'result.test.confusion[0][1] must be a whole number',
      {
        result: {
          test: {
            confusion: [
              [1, 0.5],
              [1, 1],
            ],
          },
        },
      },
    ],
  ])('are refused with the field that is wrong: %s', (message, change) => {
    const read = () => evaluationOf(parseRunRecord({ ...run, ...change }, 'run.json'), 'run.json');
    expect(read).toThrow(UserError);
    expect(read).toThrow(`run.json: ${message}`);
  });
});
