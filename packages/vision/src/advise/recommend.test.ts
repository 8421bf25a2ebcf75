import { describe, expect, it } from 'vitest';
import type { EvidenceCell, Thresholds, Trial } from './evidence-types.ts';
import { type RankedPlan, type RankOptions, rankPlans, worthTrying } from './recommend.ts';
import { angleBetween, gainFrom } from './room.ts';
import { scenarioOf } from './scenario.ts';

const thresholds: Thresholds = {
  imagesPerClass: 40,
  shift: 1,
  earlierGain: 0.02,
  widths: { imagesPerClass: 0.5, shift: 0.5 },
  caution: 0.5,
};

const cell = (target: string, imagesPerClass: number, shift: number, full: number): EvidenceCell => ({
  target,
  imagesPerClass,
  shift,
  earlierGain: 0,
  accuracy: { 'linear-probe': 0.6, full: 0.6 + full, 'earlier-layer': 0.6 },
});

describe('scenarios', () => {
  const task = (imagesPerClass: number, shift: number | undefined, earlierGain = 0) =>
    scenarioOf({ imagesPerClass, shift, earlierGain }, thresholds);

  it('are the four of the review, and what lies between them', () => {
    expect(task(10, 0.2)).toMatchObject({ name: 'small, similar', reviewPlan: 'linear-probe' });
    expect(task(10, 5)).toMatchObject({ name: 'small, different', reviewPlan: 'earlier-layer' });
    expect(task(400, 0.2)).toMatchObject({ name: 'large, similar', reviewPlan: 'full' });
    expect(task(400, 5)).toMatchObject({ name: 'large, different', reviewPlan: 'full' });
    expect(task(40, 5)).toMatchObject({ size: { side: 'between', margin: 1 }, reviewPlan: undefined });
  });

  it('know likeness by the layers where a network has no normalisations', () => {
    expect(task(10, undefined, -0.1).likeness.side).toBe('similar');
    expect(task(10, undefined, 0.15).likeness.side).toBe('different');
    expect(task(10, undefined, 0.02)).toMatchObject({ likeness: { side: 'between', margin: 1 } });
  });
});

describe('ranking plans', () => {
  const evidence = {
    thresholds,
    cells: [
      cell('few', 10, 1, -0.05),
      cell('other few', 10, 1, -0.03),
      cell('many', 1000, 1, 0.1),
      cell('other many', 1000, 1, 0.2),
    ],
  };
  const few = { imagesPerClass: 10, shift: 1, earlierGain: 0 };
  const many = { imagesPerClass: 1000, shift: 1, earlierGain: 0 };
  const of = (ranked: readonly RankedPlan[], name: string) => ranked.find(({ plan }) => plan === name)!;

  // What the two large tasks say of full tuning, as angles: two voices, so a variance of a task and half of it of the mean;
  // and tasks differ by a point anyway.
  const point = angleBetween(0.5, 0.51) ** 2;
  const [low, high] = [angleBetween(0.6, 0.7), angleBetween(0.6, 0.8)];
  const middle = (low + high) / 2;
  const variance = ((high - low) / 2) ** 2 * 3 + point;

  it('hears the known tasks that are near', () => {
    const ranked = rankPlans(few, evidence);
    expect(ranked[0]).toEqual({ plan: 'linear-probe', gain: 0, standardError: 0, trial: null });
    expect(of(ranked, 'full').gain).toBeCloseTo(-0.04, 3);
    const large = rankPlans(many, evidence);
    const reached = (deviations: number) => gainFrom(0.6, middle + deviations * Math.sqrt(variance));
    expect(large[0]).toMatchObject({ plan: 'full', gain: expect.closeTo(reached(0), 4), trial: null });
    expect(reached(0)).toBeCloseTo(0.15, 2);
    expect(large[0]!.standardError).toBeCloseTo((reached(1) - reached(-1)) / 2, 4);
  });

  it('weighs what known tasks and trials say by their precision', () => {
    const trial = (gain: number, standardError: number): Trial => ({
      plan: 'full',
      probe: 0.6,
      gain,
      angle: angleBetween(0.6, 0.6 + gain),
      standardError,
    });
    const trialled = (gain: number, standardError: number) =>
      of(rankPlans(many, evidence, { trials: [trial(gain, standardError)] }), 'full');
    const tried = angleBetween(0.6, 0.5);
    const expected = (error: number) => gainFrom(0.6, (middle / variance + tried / error) / (1 / variance + 1 / error));
    expect(trialled(-0.1, 0.1)).toMatchObject({ gain: expect.closeTo(expected(0.1 ** 2 + point), 4), trial: -0.1 });
    expect(trialled(-0.1, 100).gain).toBeCloseTo(0.15, 2);
    // Trials learn from less: even on endless images they are not believed to a point.
    expect(trialled(-0.1, 0).gain).toBeCloseTo(expected(point), 4);
    expect(trialled(-0.1, 0.1).standardError).toBeLessThan(of(rankPlans(many, evidence), 'full').standardError);
    expect(rankPlans(many, evidence, { trials: [trial(-0.3, 0.04)] })[0]!.plan).not.toBe('full');
  });

  it('expects no more than a probe leaves, and names the probe where that is nothing', () => {
    const right = ['full', 'earlier-layer'].map((plan) => ({ plan, probe: 1, gain: 0, angle: 0, standardError: 0.1 }));
    const cases: readonly RankOptions[] = [{ trials: right }, { probe: 1 }, { probe: 1, trials: right }];
    for (const options of cases) {
      const ranked = rankPlans(many, evidence, options);
      expect(ranked[0]!.plan).toBe('linear-probe');
      for (const { gain } of ranked) expect(Math.abs(gain)).toBe(0);
    }
    // The known tasks gained 15 points; of one that is left, most of it.
    const ranked = rankPlans(many, evidence, { probe: 0.99 });
    expect(ranked[0]).toMatchObject({ plan: 'full', gain: expect.closeTo(0.01, 9) });
    for (const probe of [0.3, 0.6, 0.9]) {
      const { gain } = of(rankPlans(many, evidence, { probe }), 'full');
      expect(gain).toBeGreaterThan(0.05);
      expect(gain).toBeLessThanOrEqual(1 - probe);
    }
    // What lost on known tasks loses here too.
    expect(of(rankPlans(few, evidence, { probe: 1 }), 'full').gain).toBeLessThan(0);
    // The trials' own probe counts, where there are trials.
    expect(of(rankPlans(many, evidence, { probe: 0.6, trials: right }), 'full').gain).toBe(0);
  });

  it('prefers a smaller gain that can be counted on, the more the greater the caution', () => {
    const cells = [-0.2, 0.3].map((gain, i) => ({
      ...cell(`task ${i}`, 10, 1, gain),
      accuracy: { 'linear-probe': 0.5, full: 0.5 + gain, lora: 0.52 },
    }));
    const first = (caution: number) => rankPlans(few, { cells, thresholds: { ...thresholds, caution } })[0]!.plan;
    expect(first(0)).toBe('full');
    expect(first(0.5)).toBe('lora');
    expect(first(5)).toBe('linear-probe');
  });

  it('does not hear a target that is left out', () => {
    expect(of(rankPlans(many, evidence, { exclude: 'other many' }), 'full').gain).toBeCloseTo(0.1, 3);
  });

  it('does not count on a single known task, and says nothing without any', () => {
    const cells = [cell('only', 10, 1, 0.1)];
    const ranked = rankPlans(few, { cells, thresholds });
    expect(of(ranked, 'full')).toMatchObject({ gain: expect.closeTo(0.1, 9), standardError: expect.closeTo(0.18, 2) });
    expect(rankPlans(few, { cells, thresholds: { ...thresholds, caution: 1 } })[0]!.plan).toBe('linear-probe');
    expect(() => rankPlans(few, { cells: [], thresholds })).toThrow('no known task');
    expect(() => rankPlans(few, { cells, thresholds }, { exclude: 'only' })).toThrow(RangeError);
  });

  it('has something to say far from everything known, and compares by size alone where there is no shift', () => {
    expect(rankPlans({ imagesPerClass: 1e6, shift: 1e4, earlierGain: 0 }, evidence).length).toBe(3);
    expect(rankPlans({ imagesPerClass: 1000, earlierGain: 0 }, evidence)[0]!.plan).toBe('full');
  });
});

describe('plans that are worth a trial', () => {
  const ranked = (plan: string, gain: number, standardError: number): RankedPlan => ({
    plan,
    gain,
    standardError,
    trial: null,
  });
  it('are those that may well be the best, the probes left out', () => {
    const ranking = [
      ranked('earlier-layer', 0.05, 0.1),
      ranked('lora', 0.02, 0.01),
      ranked('linear-probe', 0, 0),
      ranked('full', -0.05, 0.12),
      ranked('bitfit', 0.01, 0.01),
    ];
    expect(worthTrying(ranking, 2)).toEqual(['full', 'lora']);
    expect(worthTrying(ranking, 9)).toEqual(['full', 'lora', 'bitfit']);
    expect(worthTrying(ranking, 0)).toEqual([]);
  });
});
