import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { selectBackend } from '@attune/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSmallWeights } from '../../test/fixture-network.ts';
import { picture, save, temporaryFolder, writeTwoColours } from '../../test/pictures.ts';
import type { Recommendation } from './advise.ts';
import { adviseVision } from './advise-vision.ts';
import type { Evidence } from './evidence-types.ts';
import { scenarioOf } from './scenario.ts';
import { plansToTry, validateAdvice } from './validate.ts';

await selectBackend();

const EVIDENCE: Evidence = {
  thresholds: {
    imagesPerClass: 40,
    shift: 1,
    earlierGain: 0,
    widths: { imagesPerClass: 0.7, shift: 0.5 },
    caution: 0.5,
  },
  cells: ['known', 'as well'].map((target) => ({
    target,
    imagesPerClass: 5,
    shift: 0.5,
    earlierGain: 0,
    accuracy: { 'linear-probe': 0.6, scratch: 0.1, full: 0.5 },
  })),
};

describe('the plans to try', () => {
  const named = (name: string, plan = name): Recommendation => ({ name, plan, gain: 0, standardError: 0, trial: null });
  const scenario = (imagesPerClass: number, shift: number) =>
    scenarioOf({ imagesPerClass, shift, earlierGain: 0 }, EVIDENCE.thresholds);

  it("are the recommended one, the runner-up, the review's, both probes and full tuning, each once", () => {
    const earlier = named('probe-at-block1', 'earlier-layer');
    const ranking = [named('lora'), named('bitfit'), named('linear-probe'), earlier, named('full'), named('scratch')];
    expect(plansToTry({ ranking, recommended: ranking[0]!, scenario: scenario(10, 5) })).toEqual([
      'lora',
      'bitfit',
      'probe-at-block1',
      'linear-probe',
      'full',
    ]);
    const few = [named('linear-probe'), named('full')];
    expect(plansToTry({ ranking: few, recommended: few[0]!, scenario: scenario(40, 5) })).toEqual([
      'linear-probe',
      'full',
    ]);
  });
});

describe('validation', () => {
  let folder: string;
  let data: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    data = join(folder, 'data');
    await writeTwoColours(data, 8);
    await writeSmallWeights(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ask = (path: string) =>
    adviseVision({ data: path, from: 'shapes_cnn', dataDirectories: [folder], size: 8, evidence: EVIDENCE });

  it('runs every plan by every seed, and counts what the advice cost', async () => {
    const advice = await ask(data);
    expect(advice).toMatchObject({
      data,
      examples: { train: 10, validation: 2, test: 4 },
      skipped: [],
      domain: null,
      recommended: { name: 'linear-probe' },
    });
    // A head of 10 classes, so of two target classes: 0 at most, and never sure.
    expect(advice.sourceHead!.LEEP).toBeLessThanOrEqual(0);
    expect(advice.sourceHead!.NCE).toBeLessThanOrEqual(0);
    expect(advice.sourceHead!.confidence).toBeGreaterThanOrEqual(0.1);
    expect(Object.keys(advice.seconds)).toEqual(advice.ranking.map(({ name }) => name));
    expect(advice.seconds['linear-probe']!).toBeLessThan(advice.seconds.full!);

    const runs: string[] = [];
    const validation = await validateAdvice({
      advice,
      from: 'shapes_cnn',
      dataDirectories: [folder],
      settings: { size: 8, epochs: 1 },
      seeds: [0, 1],
      onRun: (plan, seed, done, total) => runs.push(`${plan} ${seed} ${done}/${total}`),
    });
    expect(runs).toEqual(['linear-probe 0 0/4', 'linear-probe 1 1/4', 'full 0 2/4', 'full 1 3/4']);
    const { tried, best, regret, right } = validation;
    expect(validation).toMatchObject({ split: 'test', images: 4 });
    for (const { accuracies, mean, seconds } of tried) {
      expect(accuracies.map((accuracy) => (4 * accuracy) % 1)).toEqual([0, 0]);
      expect(mean).toBeCloseTo((accuracies[0]! + accuracies[1]!) / 2, 9);
      expect(seconds).toBeGreaterThan(0);
    }
    expect(tried[0]!.mean).toBeGreaterThanOrEqual(tried[1]!.mean);
    expect(best).toBe(tried[0]!.plan);
    expect(regret).toBeCloseTo(tried[0]!.mean - tried.find(({ plan }) => plan === 'linear-probe')!.mean, 9);
    expect(right).toBe(regret <= 0.01);
  });

  it('is refused where there is nothing to compare plans on, and advice where nothing can be left out', async () => {
    const few = join(folder, 'few');
    await writeTwoColours(join(few, 'train'), 3);
    const advice = await ask(few);
    const options = { from: 'shapes_cnn', dataDirectories: [folder], seeds: [0] };
    const none = { ...advice, examples: { train: 4, validation: 0, test: 0 } };
    await expect(validateAdvice({ ...options, advice: none })).rejects.toThrow('no images to test or validate with');

    const single = join(folder, 'single');
    await writeTwoColours(single, 1);
    await expect(ask(single)).rejects.toThrow(`No class of ${single} has two images to learn from.`);
  });

  it('finds the distance to images of the source: greater to other ones than to its own', async () => {
    const bright = join(folder, 'bright');
    for (const [i, name] of ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'].entries())
      await save(
        join(bright, name, `${i}.png`),
        await picture(16, 16, [235, 250, 220 + i], 5)
          .png()
          .toBuffer(),
      );
    const [own, other] = await Promise.all(
      [data, bright].map(async (sourceData) => {
        const options = { data, from: 'shapes_cnn', dataDirectories: [folder], size: 8, evidence: EVIDENCE };
        return (await adviseVision({ ...options, sourceData })).domain!;
      }),
    );
    expect(other!.frechet).toBeGreaterThan(own!.frechet);
    expect(other!.aDistance).toBeGreaterThan(own!.aDistance);
  });
});
