/** Advice, through the real program: on the embedded sets, tried out, and taken by `tune vision --plan auto`. */
import { join } from 'node:path';
import type { Validation, VisionAdvice } from '@attune/vision';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attune, readJson, workspace } from '../test/cli.ts';

let folder: string;
let data: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder, data, remove } = await workspace());
});

afterAll(async () => remove());

describe('advise vision', () => {
  it('shows data, scenario, curve, plans and the next command, within 80 columns', async () => {
    const { status, stdout, stderr } = await attune(
      ['advise', 'vision', '--data', 'fixtures/similar', '--trials', '1'],
      {
        cwd: folder,
      },
    );
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^data {6}100 images to learn from, 5 classes: arrow 20, frame 20,/m);
    expect(stdout).toMatch(/^size {6}small: 20 images a class, 0\.\d\d times the threshold$/m);
    expect(stdout).toMatch(/^likeness {2}similar to what shapes_cnn was trained on/m);
    expect(stdout).toMatch(/^scenario {2}small, similar; the review: train a linear classifier on the top$/m);
    const curve = [...stdout.matchAll(/^ {2}(\w+) +(\d+\.\d) % ± +\d+\.\d {2}(█*)·*( {2}best)?$/gm)];
    expect(curve.map(([, layer]) => layer)).toEqual(['conv1', 'block1', 'block2', 'block3']);
    for (const [, , accuracy, bar] of curve) expect(bar!.length).toBe(Math.round((32 * Number(accuracy)) / 100));
    expect(curve.filter(([, , , , best]) => best !== undefined)).toHaveLength(1);
    const plan = /^plan {6}([\w-]+): expected /m.exec(stdout)![1]!;
    expect(stdout).toMatch(new RegExp(`^ {2}${plan} +.* (s|min)$`, 'm'));
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      `next      attune tune vision --data fixtures/similar --plan ${plan}`,
    );
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('prints one JSON document; pictures unlike the source lie further from it', async () => {
    const advice = async (name: string): Promise<VisionAdvice> => {
      const args = ['advise', 'vision', '--data', name, '--source-data', 'fixtures/similar', '--trials', '0', '--json'];
      const { status, stdout, stderr } = await attune(args, { cwd: folder });
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const [similar, different] = [await advice('fixtures/similar'), await advice('fixtures/different')];
    expect(different.traits.shift!).toBeGreaterThan(similar.traits.shift!);
    expect(different.domain!.frechet).toBeGreaterThan(similar.domain!.frechet);
    expect(different.sourceHead!.LEEP).toBeLessThan(similar.sourceHead!.LEEP);
    expect(different.traits.earlierGain).toBeGreaterThan(similar.traits.earlierGain);
    expect(different.perClass).toEqual([20, 20, 20, 20, 20]);
    expect(different.ranking[0]).toEqual(different.recommended);
    expect(Object.keys(different.seconds)).toEqual(different.ranking.map(({ name }) => name));
  });

  it('--validate runs the plans, and says whether the advice was right', async () => {
    const args = ['advise', 'vision', '--data', data, '--size', '8', '--validate'];
    const { status, stdout, stderr } = await attune([...args, '--json'], { cwd: folder });
    expect(status, stderr).toBe(0);
    const { recommended, validation } = JSON.parse(stdout) as { recommended: { name: string }; validation: Validation };
    const plans = validation.tried.map(({ plan }) => plan);
    expect(plans).toEqual(expect.arrayContaining([recommended.name, 'linear-probe', 'full']));
    expect(validation).toMatchObject({ split: 'test', images: 5, best: plans[0] });
    expect(stderr).toContain(`run ${plans.length} of ${plans.length}: `);
  });
});

describe('tune vision --plan auto', () => {
  it('says what is advised and why, trains it, and records the plan itself', async () => {
    const args = ['tune', 'vision', '--data', data, '--size', '8', '--plan', 'auto', '--epochs', '1', '--no-report'];
    const { status, stderr } = await attune([...args, '--out', 'auto'], { cwd: folder });
    expect(status, stderr).toBe(0);
    const [, name] = /^advised: (\S+) \((small|between small and large|large), .*\)/m.exec(stderr)!;
    const advised = await attune(['advise', 'vision', '--data', data, '--size', '8', '--json'], { cwd: folder });
    expect(JSON.parse(advised.stdout).recommended.name).toBe(name);
    expect(await readJson(join(folder, 'auto', 'run.json'))).toMatchObject({ status: 'done', plan: { name } });

    // What was begun is gone on with, whatever would be advised now.
    const again = await attune([...args, '--out', 'auto', '--resume'], { cwd: folder });
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).not.toContain('advised:');
  });
});
