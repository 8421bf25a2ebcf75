import { type ImageNetwork, namedPlan, selectBackend } from '@attune/core';
import { createNetwork } from '@attune/zoo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawnExamples } from '../../test/drawn-examples.ts';
import { adviseOnImages } from './advise.ts';
import type { Evidence } from './evidence-types.ts';

await selectBackend();

const EVIDENCE: Evidence = {
  thresholds: {
    imagesPerClass: 40,
    shift: 1,
    earlierGain: 0,
    widths: { imagesPerClass: 0.7, shift: 0.5 },
    caution: 0.5,
  },
  cells: [
    { target: 'few', imagesPerClass: 5, shift: 0.5, earlierGain: 0, accuracy: accuracies(0.5) },
    { target: 'many', imagesPerClass: 500, shift: 0.5, earlierGain: 0, accuracy: accuracies(0.9) },
  ],
};

function accuracies(full: number) {
  return { scratch: 0.2, 'linear-probe': 0.6, 'earlier-layer': 0.6, full, surgical: 0.99 };
}

describe('advice', () => {
  let network: ImageNetwork;
  beforeAll(() => {
    network = createNetwork('shapes_cnn', { classes: 2, seed: 1, size: 16 });
  });
  afterAll(() => network.dispose());
  const ask = (counts: readonly number[], seed = 1, evidence = EVIDENCE) =>
    adviseOnImages({
      network,
      train: drawnExamples(counts),
      classes: counts.map((_, label) => `class ${label}`),
      seed,
      evidence,
    });

  it('has the set, its traits, a curve by depth, and plans by name, the best first', async () => {
    const advice = await ask([7, 6]);
    expect(advice).toMatchObject({
      network: 'shapes_cnn',
      images: 13,
      measured: 13,
      perClass: [7, 6],
      chance: expect.closeTo(7 / 13, 9),
      traits: { imagesPerClass: 6.5 },
      scenario: { size: { side: 'small' } },
    });
    expect(advice.depth.map(({ layer }) => layer)).toEqual(network.taps);
    const [top, below] = [advice.depth.at(-1)!, advice.depth.slice(0, -1)];
    const earlier = Math.max(...below.map(({ accuracy }) => accuracy));
    expect(advice.traits.earlierGain).toBeCloseTo(earlier - top.accuracy, 9);
    expect(advice.best.accuracy).toBe(Math.max(earlier, top.accuracy));
    expect(Object.values(advice.scores).every(Number.isFinite)).toBe(true);
    expect(advice.secondsPerImage).toBeGreaterThan(0);

    expect(advice.recommended).toEqual(advice.ranking[0]);
    for (const { name } of advice.ranking) expect(namedPlan(name).name).toBe(name);
    // Surgical tuning, for which advice would have to try blocks, is not advised even where it did best.
    expect(advice.ranking.map(({ plan }) => plan).sort()).toEqual(['earlier-layer', 'full', 'linear-probe', 'scratch']);
    const probe = advice.ranking.find(({ plan }) => plan === 'earlier-layer')!;
    expect(below.find(({ layer }) => `probe-at-${layer}` === probe.name)!.accuracy).toBe(earlier);
    expect(advice.ranking.find(({ plan }) => plan === 'full')!.gain).toBeLessThan(0);
  });

  it('is the same by the same seed, and leaves the network as it was', async () => {
    const { secondsPerImage: _, ...first } = await ask([20, 20, 20], 3);
    const { secondsPerImage: __, ...second } = await ask([20, 20, 20], 3);
    expect(second).toEqual(first);
    const { secondsPerImage: ___, ...other } = await ask([20, 20, 20], 4);
    expect(other.depth).not.toEqual(first.depth);
  });

  it('takes a class with one image, more classes than images of any, and a class without images', async () => {
    for (const counts of [
      [9, 1],
      [2, 1, 1, 1],
      [4, 0, 4],
    ]) {
      const { scores, depth, perClass, ranking } = await ask(counts);
      expect(perClass).toEqual(counts);
      expect(Object.values(scores).every(Number.isFinite), `${counts}: ${JSON.stringify(scores)}`).toBe(true);
      expect(depth.every(({ accuracy }) => accuracy >= 0 && accuracy <= 1)).toBe(true);
      expect(ranking.every(({ gain }) => Number.isFinite(gain))).toBe(true);
    }
  });

  it('takes images that are all the same', async () => {
    const [first] = drawnExamples([1]);
    const train = Array.from({ length: 12 }, (_, i) => ({ ...first!, label: i % 2 }));
    const advice = await adviseOnImages({ network, train, classes: ['a', 'b'], seed: 1, evidence: EVIDENCE });
    expect(advice.traits.earlierGain).toBe(0);
    expect(advice.recommended.name).toBe('linear-probe');
  });

  it('is refused where nothing can be cross-validated, and where nothing is known', async () => {
    await expect(ask([5])).rejects.toThrow('two classes');
    await expect(ask([1, 1, 1])).rejects.toThrow('two images');
    await expect(ask([5, 5], 1, { ...EVIDENCE, cells: [] })).rejects.toThrow('no known task');
  });

  it('does not speak of an earlier layer where there is none', async () => {
    const short = createNetwork('shapes_cnn', { classes: 2, seed: 1, size: 16 });
    short.cutAt('conv1', 1);
    const advice = await adviseOnImages({
      network: short,
      train: drawnExamples([4, 4]),
      classes: ['a', 'b'],
      seed: 1,
      evidence: EVIDENCE,
    });
    expect(advice.depth.map(({ layer }) => layer)).toEqual(['conv1']);
    expect(advice.traits.earlierGain).toBe(0);
    expect(advice.ranking.map(({ name }) => name).sort()).toEqual(['full', 'linear-probe', 'scratch']);
    short.dispose();
  });
});
