import { depthTaps, type Network, namedPlan, selectBackend } from '@attune/core';
import { createNetwork, extendNetwork } from '@attune/zoo';
import { describe, expect, it } from 'vitest';
import { drawnExamples } from '../../test/drawn-examples.ts';
import { adviseOnImages } from './advise.ts';
import { angleBetween } from './room.ts';
import { tapFeatures } from './tap-features.ts';
import { trialFolds, trialOf, tryPlans } from './try-plans.ts';

await selectBackend();

const SIZE = 16;
const fresh = (classes: number) => createNetwork('shapes_cnn', { classes, seed: 1, size: SIZE });

/** Starts networks, and keeps them to see that they were disposed of. */
function starter(classes: number) {
  const networks: Network[] = [];
  const start: Parameters<typeof tryPlans>[0]['start'] = async (plan) => {
    const extended = extendNetwork(fresh(classes), plan.added, 1);
    networks.push(extended.network);
    return extended;
  };
  return { networks, start };
}

describe('trials', () => {
  it('train every plan on the same parts, and compare it with a probe image by image', async () => {
    const examples = drawnExamples([9, 9], SIZE);
    const network = fresh(2);
    const features = await tapFeatures(network, examples, { taps: depthTaps(network) });
    network.dispose();
    const { networks, start } = starter(2);
    const runs: string[] = [];
    const plans = ['earlier-layer', 'bitfit', 'lora'];
    const ask = () =>
      tryPlans({ plans, examples, features, seed: 1, start, onRun: (...run) => runs.push(run.join(' ')) });
    const trials = await ask();
    expect(trials.map(({ plan }) => plan)).toEqual(plans);
    for (const { gain, standardError } of trials) {
      // Of 18 images left out once each.
      expect(gain * 18).toBeCloseTo(Math.round(gain * 18), 9);
      expect(standardError).toBeGreaterThan(0);
    }
    expect(runs).toHaveLength(12);
    expect(runs.slice(0, 5)).toEqual([
      'linear-probe 0 12',
      'earlier-layer 1 12',
      'bitfit 2 12',
      'lora 3 12',
      'linear-probe 4 12',
    ]);
    for (const each of networks)
      for (const { variable } of each.parameters.values()) expect(variable.isDisposed).toBe(true);
    expect(await ask()).toEqual(trials);
  });

  it('leave out as many parts as make enough images', () => {
    expect([40, 300, 450, 500, 900, 5000].map(trialFolds)).toEqual([3, 3, 2, 2, 1, 1]);
  });

  it('compare accuracies on the same images, and are never certain', () => {
    const rights = (text: string) => [...text].map((each) => each === '1');
    const trial = (plan: string, probe: string) => trialOf('full', rights(plan), rights(probe));
    // 3 of 4 against 2 of 4, both right on 2: with a quarter of an image more in each cell, of 5, 0.7, 0.5 and 0.45.
    const correlation = (0.45 - 0.7 * 0.5) / Math.sqrt(0.7 * 0.3 * 0.5 * 0.5);
    expect(trial('1110', '1100')).toEqual({
      plan: 'full',
      probe: 0.5,
      gain: 0.25,
      angle: expect.closeTo(angleBetween(0.5, 0.7), 9),
      standardError: expect.closeTo(Math.sqrt((2 - 2 * correlation) / 5), 9),
    });
    // The less the two agree, the greater the error; all alike are not certain to be.
    expect(trial('1110', '0011').standardError).toBeGreaterThan(trial('1110', '1100').standardError);
    expect(trial('1111', '1111')).toMatchObject({ probe: 1, gain: 0, angle: 0 });
    expect(trial('1111', '1111').standardError).toBeGreaterThan(0.1);
  });

  it('stop when they are asked to, and leave no network behind', async () => {
    const examples = drawnExamples([6, 6], SIZE);
    const { networks, start } = starter(2);
    const controller = new AbortController();
    const stop = () => controller.abort(new Error('stopped'));
    const onRun = (_: string, done: number) => {
      if (done === 1) stop();
    };
    const running = tryPlans({
      plans: ['bitfit'],
      examples,
      features: new Map(),
      seed: 1,
      start,
      onRun,
      signal: controller.signal,
    });
    await expect(running).rejects.toThrow('stopped');
    for (const each of networks)
      for (const { variable } of each.parameters.values()) expect(variable.isDisposed).toBe(true);
  });
});

describe('advice with trials', () => {
  const thresholds = {
    imagesPerClass: 40,
    shift: 1,
    earlierGain: 0,
    widths: { imagesPerClass: 1, shift: 1 },
    caution: 0.5,
  };
  // Known tasks say little of bitfit, and that full tuning is hopeless.
  const cells = [-0.3, 0.3].map((gain, i) => ({
    target: `task ${i}`,
    imagesPerClass: 8,
    shift: 0.5,
    earlierGain: 0,
    accuracy: { 'linear-probe': 0.5, 'earlier-layer': 0.5, bitfit: 0.5 + gain, full: 0.1 },
  }));
  const ask = async (counts: readonly number[]) => {
    const network = fresh(counts.length);
    try {
      return await adviseOnImages({
        network,
        train: drawnExamples(counts, SIZE),
        classes: counts.map(String),
        seed: 1,
        evidence: { thresholds, cells },
        trials: { count: 1, start: starter(counts.length).start },
      });
    } finally {
      network.dispose();
    }
  };

  it('tries the earlier layer and the plan that may well be the best, and says so', async () => {
    const { trials, ranking } = await ask([8, 8]);
    expect(trials.map(({ plan }) => plan)).toEqual(['earlier-layer', 'bitfit']);
    for (const { plan, trial } of ranking) expect(trial).toBe(trials.find((each) => each.plan === plan)?.gain ?? null);
    for (const { name } of ranking) expect(namedPlan(name).name).toBe(name);
  });

  it('tries nothing where classes have too few images to leave some out', async () => {
    expect((await ask([2, 2])).trials).toEqual([]);
  });
});
