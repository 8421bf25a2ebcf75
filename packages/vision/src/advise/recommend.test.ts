import { describe, expect, it } from 'vitest';
import type { EvidenceCell, Thresholds } from './evidence-types.ts';
import { type RankedPlan, rankPlans, worthTrying } from './recommend.ts';
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

  it('hears the known tasks that are near', () => {
    const ranked = rankPlans(few, evidence);
    expect(ranked[0]).toEqual({ plan: 'linear-probe', gain: 0, standardError: 0, trial: null });
    expect(of(ranked, 'full').gain).toBeCloseTo(-0.04, 4);
    const large = rankPlans(many, evidence);
    expect(large[0]).toMatchObject({ plan: 'full', gain: expect.closeTo(0.15, 4), trial: null });
    // Two voices, 0.1 and 0.2: a variance of 0.005 of a task and half of it of the mean; and tasks differ by 0.01 anyway.
    expect(large[0]!.standardError).toBeCloseTo(Math.sqrt(0.005 * 1.5 + 1e-4), 4);
  });

  it('weighs what known tasks and trials say by their precision', () => {
    const trialled = (gain: number, standardError: number) =>
      of(rankPlans(many, evidence, { trials: [{ plan: 'full', gain, standardError }] }), 'full');
    const prior = 0.005 * 1.5 + 1e-4;
    const trial = 0.05 ** 2 + 1e-4;
    expect(trialled(-0.1, 0.05)).toEqual({
      plan: 'full',
      gain: expect.closeTo((0.15 / prior - 0.1 / trial) / (1 / prior + 1 / trial), 4),
      standardError: expect.closeTo(1 / Math.sqrt(1 / prior + 1 / trial), 4),
      trial: -0.1,
    });
    expect(trialled(-0.1, 10).gain).toBeCloseTo(0.15, 3);
    // Trials learn from less: even on endless images they are not believed to a point.
    expect(trialled(-0.1, 0).gain).toBeCloseTo((0.15 / prior - 0.1 / 1e-4) / (1 / prior + 1 / 1e-4), 4);
    const ranked = rankPlans(many, evidence, { trials: [{ plan: 'full', gain: -0.3, standardError: 0.02 }] });
    expect(ranked[0]!.plan).not.toBe('full');
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
    expect(of(rankPlans(many, evidence, { exclude: 'other many' }), 'full').gain).toBeCloseTo(0.1, 4);
  });

  it('does not count on a single known task, and says nothing without any', () => {
    const cells = [cell('only', 10, 1, 0.1)];
    const ranked = rankPlans(few, { cells, thresholds });
    expect(of(ranked, 'full')).toMatchObject({ gain: expect.closeTo(0.1, 9), standardError: expect.closeTo(0.2, 2) });
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
