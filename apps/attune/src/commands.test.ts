/** The commands on a small run, through the real program: JSON alone on stdout, and results that fit together. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@attune/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../test/cli.ts';
import { attune, exists, readJson, workspace } from '../test/cli.ts';

let folder: string;
let data: string;
let remove: () => Promise<void>;
let tuned: Outcome;

beforeAll(async () => {
  ({ folder, data, remove } = await workspace());
  const args = ['tune', 'vision', '--data', data, '--plan', 'full', '--epochs', '2', '--out', 'run', '--json'];
  tuned = await attune(args, { cwd: folder });
  expect(tuned.status, tuned.stderr).toBe(0);
});

afterAll(async () => remove());

/** Runs a command with `--json` and gives its document: stdout must hold nothing else. */
async function json(...args: string[]) {
  const { status, stdout, stderr } = await attune([...args, '--json'], { cwd: folder });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('tune vision', () => {
  it('prints one JSON document with what run.json says, and progress on stderr', async () => {
    const document = JSON.parse(tuned.stdout);
    const record = await readJson(join(folder, 'run', 'run.json'));
    expect(document).toEqual({ run: 'run', report: join('run', 'report.html'), ...record });
    expect(document.data.examples).toEqual({ train: 20, validation: 5, test: 5 });
    expect(document.result.test.accuracy).toBeGreaterThanOrEqual(0);
    expect(document.plan.name).toBe('full');
    expect(document.backend).toBe('onnx');
    expect(tuned.stderr).toContain('epoch 2/2');
  });

  it('writes the folder that DESIGN describes', async () => {
    expect((await readdir(join(folder, 'run'))).sort()).toEqual([
      'checkpoint',
      'metrics.jsonl',
      'model.safetensors',
      'report.html',
      'run.json',
    ]);
    expect((await readFile(join(folder, 'run', 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(2);
  });

  it('names its own folder, never one that is there; takes a plan from a file', async () => {
    const { plan } = JSON.parse(tuned.stdout);
    const { writeFile } = await import('node:fs/promises');
    const probe = { ...plan, name: 'my-probe', moved: { ...plan.moved, groups: { what: 'head' } } };
    await writeFile(join(folder, 'plan.json'), JSON.stringify(probe));
    const args = ['tune', 'vision', '--data', data, '--plan', './plan.json', '--epochs', '1', '--no-report'];
    const [first, second] = [await json(...args), await json(...args)];
    expect(first.run).toMatch(/^runs.\d{4}-\d\d-\d\d-similar-my-probe$/);
    expect(second.run).toBe(`${first.run}-2`);
    expect([first.report, await exists(join(folder, first.run, 'report.html'))]).toEqual([null, false]);
    expect(second.result.test).toEqual(first.result.test);
  });

  it('repeats with the same seed, and not with another', async () => {
    const args = ['tune', 'vision', '--data', data, '--plan', 'full', '--epochs', '2', '--no-report'];
    const original = JSON.parse(tuned.stdout);
    expect((await json(...args)).result.test).toEqual(original.result.test);
    expect((await json(...args, '--seed', '1')).result.test).not.toEqual(original.result.test);
  });
});

describe('runs of several seeds', () => {
  it('say their mean and spread, and are gone on with together', async () => {
    const args = ['tune', 'vision', '--plan', 'full', '--epochs', '2', '--out', 'seeds'];
    const first = await json(...args, '--data', data, '--no-report', '--seeds', '1', '--out', join('seeds', 'seed0'));
    const { runs, summary, split } = await json(...args, '--resume', '--seeds', '2');
    expect(runs.map(({ seed, data: { path } }: { seed: number; data: { path: string } }) => [seed, path])).toEqual([
      [0, first.data.path],
      [1, first.data.path],
    ]);
    expect(runs[0].result.test).toEqual(first.result.test);
    expect(summary.accuracy.mean).toBeCloseTo(
      (runs[0].result[split].accuracy + runs[1].result[split].accuracy) / 2,
      12,
    );
    expect(await exists(join(folder, 'seeds', 'report.html'))).toBe(true);
    const refused = await attune(['tune', 'vision', '--out', 'seeds', '--resume'], { cwd: folder });
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('holds runs of several seeds')]);
  });
});

describe('what is done with a run', () => {
  it('eval gives what tune found on the same images', async () => {
    const { metrics, split } = await json('eval', 'run');
    expect(split).toBe('test');
    const { test } = JSON.parse(tuned.stdout).result;
    expect(metrics.confusion).toEqual(test.confusion);
    expect(metrics.loss).toBeCloseTo(test.loss, 4);
    expect((await json('eval', 'run', '--data', data, '--split', 'all')).metrics.examples).toBe(30);
  });

  it('predict names images and whole folders; broken ones are refused or reported', async () => {
    const image = join(data, 'heart', '000.png');
    const { predictions } = await json('predict', 'run', image, join(data, 'arrow'), '--top', '2');
    expect(predictions).toHaveLength(7);
    expect(predictions[0].file).toBe(image);
    expect(predictions[0].classes).toHaveLength(2);
    const all = (await json('predict', 'run', image)).predictions[0].classes as { probability: number }[];
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 4);

    const plan = join(folder, 'run', 'run.json');
    const { status, stderr } = await attune(['predict', 'run', plan], { cwd: folder });
    expect([status, stderr]).toEqual([2, expect.stringContaining('this is not a JPEG, PNG, WebP or GIF image')]);
    const skipped = await json('predict', 'run', plan, image, '--on-broken', 'skip');
    expect(skipped.predictions[0]).toEqual({ file: plan, fault: 'this is not a JPEG, PNG, WebP or GIF image' });
    expect(skipped.predictions[1].classes).toHaveLength(5);
  });

  it('export writes ONNX that a fresh session runs, for any batch', async () => {
    const document = await json('export', 'run', '--format', 'onnx', '--out', 'model.onnx');
    expect(document).toMatchObject({ files: ['model.onnx'], input: { name: 'images' }, output: 'logits' });
    const session = await InferenceSession.create(join(folder, 'model.onnx'));
    for (const batch of [1, 3]) {
      const images = new Tensor('float32', new Float32Array(batch * 32 * 32 * 3), [batch, 32, 32, 3]);
      const { logits } = await session.run({ images });
      expect(logits!.dims).toEqual([batch, 5]);
    }
    await session.release();
  });

  it('export writes safetensors and tfjs files', async () => {
    await json('export', 'run', '--format', 'safetensors', '--out', 'copy.safetensors');
    const { tensors } = readSafetensors(await readFile(join(folder, 'copy.safetensors')), 'the copy');
    expect(tensors.get('head.bias')!.shape).toEqual([5]);
    const { files } = await json('export', 'run', '--format', 'tfjs', '--out', 'web/model.json');
    expect(files).toEqual([join('web', 'model.weights.bin'), 'web/model.json']);
    const model = await readJson(join(folder, 'web', 'model.json'));
    expect(model.format).toBe('graph-model');
    expect(model.userDefinedMetadata).toMatchObject({ classes: ['arrow', 'frame', 'half-disc', 'heart', 'zigzag'] });
  });
});

it('learns several labels of each image, and tells them: tune, report, eval, predict', async () => {
  const { writeFile } = await import('node:fs/promises');
  const labels = { arrow: 'arrow | pointed', zigzag: 'pointed', heart: 'heart|round', 'half-disc': 'round', frame: '' };
  const lines = Object.entries(labels).flatMap(([name, cell]) =>
    Array.from({ length: 6 }, (_, i) => `${join(data, name)}/00${i}.png,${cell}`),
  );
  await writeFile(join(folder, 'several.csv'), ['path,labels', ...lines].join('\n'));
  const args = ['tune', 'vision', '--data', 'several.csv', '--plan', 'linear-probe', '--out', 'several'];
  const { status, stdout, stderr } = await attune(args, { cwd: folder });
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('warning: 6 images have no label');
  expect(stdout).toContain('4 labels, 20 images to learn from');
  expect(stdout).toMatch(/images +mean average precision +loss +macro F1 +micro F1 +exact match/);
  const { labels: kind, classes, result } = await readJson(join(folder, 'several', 'run.json'));
  expect([kind, classes]).toEqual(['multi', ['arrow', 'heart', 'pointed', 'round']]);
  const { test } = result as { test: { meanAveragePrecision: number; loss: number } };
  expect(test.meanAveragePrecision).toBeGreaterThan(0.8);
  expect(await readFile(join(folder, 'several', 'report.html'), 'utf8')).toContain('no label');
  const report = await attune(['report', 'several', '--out', 'several.html'], { cwd: folder });
  expect(report.stdout).toContain('mean average precision');

  const { metrics } = await json('eval', 'several');
  expect(metrics.loss).toBeCloseTo(test.loss, 4);
  expect([metrics.averagePrecision.length, metrics.confusion]).toEqual([4, undefined]);
  const shown = await attune(['eval', 'several', '--split', 'train'], { cwd: folder });
  expect(shown.stdout).toMatch(/class +images +recognised +average precision\narrow +4 +100\.0 % +100\.0 %/);
  const { predictions } = await json('predict', 'several', join(data, 'arrow', '000.png'), '--top', '2');
  expect([[...predictions[0].labels].sort(), predictions[0].classes.length]).toEqual([['arrow', 'pointed'], 2]);
});

describe('what there is', () => {
  it('models', async () => {
    const { models } = await json('models', 'list');
    const names = models.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['squeezenet1_0', 'mobilenet_v2_035', 'resnet50', 'vgg16', 'shapes_cnn']),
    );
    const shown = await json('models', 'show', 'shapes_cnn');
    expect(shown.weights.file).toMatch(/shapes_cnn\.safetensors$/);
    const total = shown.layerGroups.reduce((sum: number, group: { parameters: number }) => sum + group.parameters, 0);
    expect(shown.parameters).toBe(total);
  });

  it('data sets, embedded ones and those below $ATTUNE_DATA', async () => {
    const shown = await json('data', 'show', 'fixtures/different');
    expect(shown.classes).toHaveLength(5);
    const { cp } = await import('node:fs/promises');
    await cp(data, join(folder, 'shelf', 'vision', 'mine'), { recursive: true });
    const { mkdir, writeFile } = await import('node:fs/promises');
    await mkdir(join(folder, 'shelf', 'nlp', 'notes'), { recursive: true });
    await writeFile(join(folder, 'shelf', 'nlp', 'notes', 'all.csv'), 'text,label\na,x\nb,y\nc,y\n');
    const env = { ATTUNE_DATA: join(folder, 'shelf') };
    const listed = await attune(['data', 'list', '--json'], { cwd: folder, env });
    const { dataSets } = JSON.parse(listed.stdout);
    expect(dataSets.map(({ name }: { name: string }) => name)).toEqual([
      'fixtures/shapes',
      'fixtures/similar',
      'fixtures/different',
      ...['reviews', 'remarks', 'questions', 'scenes', 'captions', 'paraphrases'].map((name) => `fixtures/${name}`),
      'vision/mine',
      'nlp/notes',
    ]);
    expect(dataSets.at(-1)).toMatchObject({ domain: 'nlp', classes: 2, texts: 3, generated: false });
    const notes = await attune(['data', 'show', 'nlp/notes'], { cwd: folder, env });
    expect(notes.stdout).toContain('2 classes, 3 texts');
    const evaluated = await attune(['eval', 'run', '--data', 'vision/mine', '--json'], { cwd: folder, env });
    expect(JSON.parse(evaluated.stdout).data).toBe(join(folder, 'shelf', 'vision', 'mine'));
  });

  it('doctor: the backend and why, providers, versions, and advice', async () => {
    const document = await json('doctor');
    expect(document.backend).toMatchObject({ name: 'onnx', reason: 'the default' });
    expect(document.backend.considered.map(({ name }: { name: string }) => name)).toEqual(['tfjs-node-gpu', 'onnx']);
    expect(document.providers).toContainEqual({ provider: 'cpu', available: true, reason: null });
    expect(document.versions.node).toBe(process.versions.node);
    expect(document.advice.join(' ')).toContain('ATTUNE_DATA is not set');
  });
});
