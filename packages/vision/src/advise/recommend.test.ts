import { describe, expect, it } from 'vitest';
import type { EvidenceCell, Thresholds } from './evidence-types.ts';
import { rankPlans } from './recommend.ts';
import { scenarioOf } from './scenario.ts';

const thresholds: Thresholds = {
  imagesPerClass: 40,
  shift: 1,
  earlierGain: 0.02,
  widths: { imagesPerClass: 0.5, shift: 0.5, earlierGain: 0.03 },
};

const cell = (target: string, imagesPerClass: number, shift: number, full: number): EvidenceCell => ({
  target,
  imagesPerClass,
  shift,
  earlierGain: 0,
  earlierError: 0.05,
  accuracy: { 'linear-probe': 0.6, full: 0.6 + full, 'earlier-layer': 0.6 },
});

describe('scenarios', () => {
  const task = (imagesPerClass: number, shift: number | undefined, earlierGain = 0) =>
    scenarioOf({ imagesPerClass, shift, earlierGain, earlierError: 0.02 }, thresholds);

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
  const evidence = [
    cell('few', 10, 1, -0.05),
    cell('other few', 10, 1, -0.03),
    cell('many', 1000, 1, 0.1),
    cell('other many', 1000, 1, 0.2),
  ];

  it('hears the known tasks that are near', () => {
    const few = rankPlans(
      { imagesPerClass: 10, shift: 1, earlierGain: -0.01, earlierError: 0.02 },
      evidence,
      thresholds,
    );
    expect(few[0]).toMatchObject({ plan: 'linear-probe', gain: 0 });
    expect(few.find(({ plan }) => plan === 'full')).toMatchObject({ gain: expect.closeTo(-0.04, 4) });
    const many = rankPlans(
      { imagesPerClass: 1000, shift: 1, earlierGain: -0.01, earlierError: 0.02 },
      evidence,
      thresholds,
    );
    expect(many[0]).toMatchObject({ plan: 'full', gain: expect.closeTo(0.15, 4) });
    // Two tasks of equal weight, 0.1 and 0.2: a standard deviation of 0.05 around their mean.
    expect(many[0]!.standardError).toBeCloseTo(0.05, 4);
  });

  it('weighs what known tasks and the data at hand say of an earlier layer by their precision', () => {
    const gain = (earlierError: number) =>
      rankPlans({ imagesPerClass: 10, shift: 1, earlierGain: 0.08, earlierError }, evidence, thresholds).find(
        ({ plan }) => plan === 'earlier-layer',
      )!;
    // Known tasks gained nothing, as surely as 0.02 either way.
    expect(gain(0.02)).toMatchObject({
      gain: expect.closeTo(0.04, 6),
      standardError: expect.closeTo(0.02 / Math.SQRT2, 6),
    });
    expect(gain(1e-6).gain).toBeCloseTo(0.08, 6);
    expect(gain(10).gain).toBeCloseTo(0, 4);
  });

  it('does not hear a target that is left out', () => {
    const traits = { imagesPerClass: 1000, shift: 1, earlierGain: 0, earlierError: 0.02 };
    const full = rankPlans(traits, evidence, thresholds, 'other many').find(({ plan }) => plan === 'full');
    expect(full!.gain).toBeCloseTo(0.1, 4);
  });

  it('does not know how sure it is of a single known task, and says nothing without any', () => {
    const traits = { imagesPerClass: 10, shift: 1, earlierGain: 0, earlierError: 0.02 };
    const ranked = rankPlans(traits, [cell('only', 10, 1, 0.1)], thresholds);
    // One lucky task is no reason to take a plan.
    expect(ranked[0]!.plan).toBe('earlier-layer');
    expect(ranked).toContainEqual({ plan: 'full', gain: expect.closeTo(0.1, 9), standardError: null });
    expect(() => rankPlans(traits, [], thresholds)).toThrow('no known task');
    expect(() => rankPlans(traits, [cell('only', 10, 1, 0.1)], thresholds, 'only')).toThrow(RangeError);
  });

  it('has something to say far from everything known, and compares by layers where there is no shift', () => {
    expect(
      rankPlans({ imagesPerClass: 1e6, shift: 1e4, earlierGain: 0, earlierError: 0.02 }, evidence, thresholds).length,
    ).toBe(3);
    const blind = rankPlans({ imagesPerClass: 1000, earlierGain: 0, earlierError: 0.02 }, evidence, thresholds);
    expect(blind[0]!.plan).toBe('full');
  });
});
