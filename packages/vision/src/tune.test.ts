/** Whole runs on generated pictures with the small network: what they learn, write down, refuse and take up again. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParameterRole } from '@attune/core';
import { NAMED_PLANS, selectBackend, tf, UserError } from '@attune/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSmallWeights } from '../test/fixture-network.ts';
import { picture, save, temporaryFolder, writeTwoColours } from '../test/pictures.ts';
import { MIRROR_ONLY, NO_AUGMENTATION } from './augment/augmentation.ts';
import { defaultSettings } from './default-settings.ts';
import { evaluateRun } from './evaluate.ts';
import { predictRun } from './predict.ts';
import { heldSource } from './source-network.ts';
import type { TuneVisionOptions } from './tune.ts';
import { tuneVision } from './tune.ts';

await selectBackend();

let folder: string;
let data: string;
let out: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  data = join(folder, 'data');
  out = join(folder, 'run');
  await writeTwoColours(data, 8);
  await writeSmallWeights(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const base = (): TuneVisionOptions => ({
  data,
  from: 'shapes_cnn',
  plan: 'linear-probe',
  dataDirectories: [folder],
  settings: { epochs: 30, size: 16, batchSize: 4, learningRate: 0.03 },
});
const moving = { epochs: 2, size: 8, batchSize: 4, augmentation: NO_AUGMENTATION };
const tune = async (options: Partial<TuneVisionOptions> = {}) => {
  const result = await tuneVision({ ...base(), ...options });
  result.network.dispose();
  return result;
};

describe('tuneVision', () => {
  it('learns two colours by a probe on cached features, and writes the run down', async () => {
    const before = tf.memory().numTensors;
    const { record, test, fit } = await tune({ out, featureCache: join(folder, 'cache') });
    expect(tf.memory().numTensors).toBe(before);
    expect(test!.metrics.accuracy).toBe(1);
    expect(test!.metrics.confusion).toEqual([
      [2, 0],
      [0, 2],
    ]);
    expect(fit.history).toHaveLength(30);
    expect((await readdir(out)).sort()).toEqual(['checkpoint', 'metrics.jsonl', 'model.safetensors', 'run.json']);
    expect((await readdir(join(folder, 'cache'))).filter((name) => name.endsWith('.safetensors'))).toHaveLength(1);
    expect(JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))).toEqual(record);
    expect(record).toMatchObject({
      status: 'done',
      from: 'shapes_cnn',
      seed: 0,
      classes: ['blue', 'red'],
      settings: { epochs: 30, augmentation: MIRROR_ONLY },
      source: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      data: { examples: { train: 10, validation: 2, test: 4 }, skipped: [] },
    });
    expect(record.plan).toEqual(NAMED_PLANS['linear-probe']);
    expect(record.result).toMatchObject({ steps: 30 * 5, bestEpoch: 29, trainableParameters: 97 * 2 });

    // The written model is the trained one: evaluated and asked from its files, it says the same.
    const evaluation = await evaluateRun(out, data);
    expect(evaluation.split).toBe('test');
    expect(evaluation.metrics.accuracy).toBe(1);
    expect(evaluation.metrics.loss).toBeCloseTo(test!.metrics.loss, 5);
    await save(join(folder, 'new', 'notes.txt'), '');
    await save(join(folder, 'new', 'b.jpg'), await picture(20, 20, [190, 60, 60], 20).jpeg().toBuffer());
    await save(join(folder, 'new', 'a.png'), 'no image');
    const predictions = await predictRun(out, [join(folder, 'new')], { top: 1 });
    expect(predictions).toEqual([
      { file: join(folder, 'new', 'a.png'), fault: 'this is not a JPEG, PNG, WebP or GIF image' },
      { file: join(folder, 'new', 'b.jpg'), classes: [{ label: 'red', probability: expect.any(Number) }] },
    ]);
    expect(predictions[1]!.classes![0]!.probability).toBeGreaterThan(0.5);
    await expect(predictRun(out, [join(folder, 'new', 'a.png')], { onBroken: 'refuse' })).rejects.toThrow(/a\.png: /);
  });

  it('carries what the plan carries', async () => {
    const none = { ...moving, epochs: 1, learningRate: 1e-12, weightDecay: 0 };
    const trunk = async (plan: TuneVisionOptions['plan']) => {
      const { network, record } = await tuneVision({ ...base(), plan, settings: none });
      const values = ['conv1.weight', 'block2.conv1.weight'].map((name) =>
        network.parameters.get(name)!.variable.dataSync().slice(),
      );
      network.dispose();
      return { values, source: record.source };
    };
    const [full, scratch, groups] = [
      await trunk('full'),
      await trunk('scratch'),
      await trunk({ ...NAMED_PLANS.full!, carried: { what: 'groups', groups: ['conv1'] } }),
    ];
    expect(scratch.source).toBeNull();
    expect(full.source!.file).toBe(join(folder, 'vision/shapes_cnn/shapes_cnn.safetensors'));
    const near = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).every((v, i) => Math.abs(v - b[i]!) < 1e-6);
    expect(near(groups.values[0]!, full.values[0]!)).toBe(true);
    expect(near(groups.values[1]!, full.values[1]!)).toBe(false);
    expect(near(groups.values[1]!, scratch.values[1]!)).toBe(true);
    expect(near(scratch.values[0]!, full.values[0]!)).toBe(false);
  });

  it.each(['delta', 'distill', 'wise'])('holds to the source: %s', async (plan) => {
    const before = tf.memory().numTensors;
    const settings = { ...moving, epochs: 3 };
    const { record } = await tune({ plan, settings, out });
    expect(tf.memory().numTensors).toBe(before);
    expect(record.plan.held).toEqual(NAMED_PLANS[plan]!.held);
    expect(record.result!.test!.loss).toBeGreaterThan(0);
    // A finished run that is resumed ends with the same numbers: what it was held to, or averaged with, is the same.
    const { record: again } = await tune({ plan, settings, out, resume: true });
    expect(again.result!.test).toEqual(record.result!.test);
  });

  it('holds to no outputs where the weights have no head', async () => {
    const plan = NAMED_PLANS.distill!;
    const start = { from: 'mobilenet_v2_035', plan, classes: 2, seed: 0, size: undefined };
    await expect(heldSource(start)).rejects.toThrow('whose weights have no head');
    expect(await heldSource({ ...start, plan: NAMED_PLANS.full! })).toBeUndefined();
  });

  it.each(['linear-probe', 'full'])('makes rare classes count in %s, by sampling or by weights', async (plan) => {
    const rare = join(folder, 'rare');
    await cp(data, rare, { recursive: true });
    for (const name of (await readdir(join(rare, 'red'))).slice(2)) await rm(join(rare, 'red', name));
    const losses = new Map<string, number>();
    for (const balance of [null, 'sampling', 'weights'] as const) {
      const settings = { ...base().settings, ...(plan === 'full' ? moving : {}), epochs: 2, balance };
      const { record, fit } = await tune({ data: rare, plan, settings });
      expect(record.settings.balance).toBe(balance);
      losses.set(String(balance), fit.history[1]!['train/loss']);
    }
    // Three ways, three runs.
    expect(new Set(losses.values()).size).toBe(3);
    await rm(rare, { recursive: true });
  });

  it('warms the learning rate up where it is told to', async () => {
    const rates = async (warmUp: number) => {
      const { fit } = await tune({ settings: { epochs: 2, size: 8, batchSize: 5, learningRate: 0.03, warmUp } });
      return fit.history.map((record) => record['charts/learning_rate'] / 0.03);
    };
    // Ten images and their mirror images in batches of 5: four updates an epoch, and the fourth one's rate is recorded.
    const half = (progress: number) => (1 + Math.cos(Math.PI * progress)) / 2;
    const falling = await rates(0);
    expect(falling[0]).toBeCloseTo(half(3 / 8), 5);
    expect(falling[1]).toBeCloseTo(half(7 / 8), 5);
    const risen = await rates(0.5);
    expect(risen[0]).toBeCloseTo(3 / 4, 5);
    expect(risen[1]).toBeCloseTo(half(3 / 4), 5);
  });

  it('gives the same numbers for the same seed, and after a break as without one', async () => {
    const options = { plan: 'full', settings: { ...moving, augmentation: MIRROR_ONLY }, out };
    const whole = await tune({ ...options, out: join(folder, 'whole') });
    const controller = new AbortController();
    let steps = 0;
    const broken = tune({
      ...options,
      signal: controller.signal,
      progress: {
        step: () => {
          if (++steps === 4) controller.abort(new Error('stopped'));
        },
        epoch: () => {},
      },
    });
    await expect(broken).rejects.toThrow('stopped');
    await expect(evaluateRun(out, data)).rejects.toThrow(/not finished/);
    const resumed = await tune({ ...options, resume: true });
    const strip = (history: readonly object[]) =>
      history.map((record) => Object.entries(record).filter(([name]) => !/seconds|per_second|stall/.test(name)));
    expect(strip(resumed.fit.history)).toEqual(strip(whole.fit.history));
    expect(resumed.test!.metrics).toEqual(whole.test!.metrics);
    const model = (run: string) => readFile(join(run, 'model.safetensors'));
    expect((await model(out)).equals(await model(join(folder, 'whole')))).toBe(true);
  });

  it('does not go on with a run that differs, or over one that is there', async () => {
    await tune({ out });
    await expect(tune({ out })).rejects.toThrow(/already holds a run/);
    await expect(tune({ out, resume: true, seed: 1 })).rejects.toThrow(/another seed: 0, now 1/);
    await expect(tune({ out, resume: true, plan: 'full' })).rejects.toThrow(UserError);
    await save(join(data, 'red', 'new.png'), await picture(8, 8, [200, 20, 20]).png().toBuffer());
    await expect(tune({ out, resume: true })).rejects.toThrow(/begun with another data/);
  });

  it('writes nothing when the input is bad', async () => {
    const refuse = async (options: Partial<TuneVisionOptions>, message: RegExp) => {
      await expect(tune({ ...options, out })).rejects.toThrow(UserError);
      await expect(tune({ ...options, out })).rejects.toThrow(message);
      await expect(readdir(out)).rejects.toThrow('ENOENT');
    };
    await refuse({ from: 'shape_cnn' }, /Did you mean shapes_cnn/);
    await refuse({ plan: 'linear-prob' }, /Did you mean linear-probe/);
    await refuse({ data: join(folder, 'none') }, /There is no data at/);
    await refuse({ settings: { size: 3 } }, /3 x 3 px/);
    await refuse({ from: 'resnet18' }, /weights of resnet18 are not on this machine/);
    await refuse(
      { plan: { ...NAMED_PLANS.full!, added: { head: 'none' } } },
      /which has 10 classes, and the data has 2/,
    );
    await save(join(data, 'red', 'cut.png'), (await picture(40, 40, [9, 9, 9], 50).png().toBuffer()).subarray(0, 200));
    await refuse({ onBroken: 'refuse' }, /red\/cut\.png: it is cut short/);
    await writeFile(join(folder, 'file'), '');
    await expect(tune({ out: join(folder, 'file') })).rejects.toThrow(/file is a file/);
  });
});

describe('evaluateRun and predictRun', () => {
  it('refuse what is no run, or does not fit it', async () => {
    await mkdir(join(folder, 'empty'));
    await expect(evaluateRun(join(folder, 'empty'), data)).rejects.toThrow(/holds no run/);
    await expect(evaluateRun(join(folder, 'none'), data)).rejects.toThrow(/There is no folder/);
    await expect(predictRun(join(folder, 'none'), ['x.png'])).rejects.toThrow(UserError);
    await tune({ out, settings: { ...base().settings, epochs: 1 } });
    await expect(predictRun(out, [join(folder, 'empty')])).rejects.toThrow(/no images to name/);
    await expect(predictRun(out, [join(folder, 'x.png')])).rejects.toThrow(/x\.png cannot be read/);
    const other = join(folder, 'other');
    for (const name of ['red', 'green'])
      await save(join(other, name, '1.png'), await picture(8, 8, [9, 9, 9]).png().toBuffer());
    await expect(evaluateRun(out, other)).rejects.toThrow(/class 'green' .* does not know/);
    await rm(join(other, 'green'), { recursive: true });
    await save(join(other, 'blue', '1.png'), await picture(8, 8, [60, 60, 190]).png().toBuffer());
    const evaluation = await evaluateRun(out, other);
    expect([evaluation.split, evaluation.metrics.examples]).toEqual(['all', 2]);
    await writeFile(join(out, 'run.json'), '{"format": 1}');
    await expect(evaluateRun(out, data)).rejects.toThrow(/not the record of a run/);
  });
});

describe('defaultSettings', () => {
  const parameter = (role: ParameterRole) => ({ name: role, role, variable: tf.variable(tf.scalar(0)) });
  const network = (...roles: ParameterRole[]) => ({
    classes: 4,
    parameters: new Map(roles.map((role) => [role, parameter(role)])),
  });
  const settings = (plan: string, size = 224, examples = 100, own = network('weight', 'statistic')) =>
    defaultSettings({ plan: NAMED_PLANS[plan]!, network: own, size, examples });

  it('gives small sets more epochs, small pictures larger crops, and a probe no selection', () => {
    expect([60, 10_000].map((examples) => settings('full', 224, examples).epochs)).toEqual([60, 15]);
    expect(settings('linear-probe').monitor).toBeNull();
    expect(settings('scratch', 32).augmentation.crop!.scale[0]).toBe(0.7);
  });

  it('gives a probe of several labels the steps that their summed losses would have, and its own choice of epoch', () => {
    const several = (plan: string) =>
      defaultSettings({
        plan: NAMED_PLANS[plan]!,
        network: network('weight', 'statistic'),
        size: 224,
        examples: 100,
        labels: 'multi',
      });
    const [one, four] = [settings('linear-probe'), several('linear-probe')];
    expect([four.learningRate, four.weightDecay]).toEqual([4 * one.learningRate, one.weightDecay / 4]);
    expect(several('full')).toEqual({ ...settings('full'), monitor: 'validation/mean_average_precision' });
  });

  it('moves what was carried over slowly where nothing normalises it', () => {
    const rates = [network('weight'), network('weight', 'statistic')].map(
      (own) => settings('full', 224, 100, own).learningRate,
    );
    expect(rates).toEqual([1e-4, 1e-3]);
  });
});
