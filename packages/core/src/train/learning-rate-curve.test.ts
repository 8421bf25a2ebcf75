import { describe, expect, it } from 'vitest';
import { LearningRateCurve, type LearningRatePoint, suggestLearningRates, sweptRates } from './learning-rate-curve.ts';

const curveOf = (losses: readonly number[]): LearningRatePoint[] =>
  losses.map((loss, i) => ({ learningRate: 10 ** (i / 10 - 5), loss, smoothed: loss }));

describe('the curve', () => {
  it('is swept by equal factors', () => {
    expect(sweptRates(1e-4, 1, 5)).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 1].map((rate) => expect.closeTo(rate, 9)));
  });

  it('smooths from the first loss on (by hand)', () => {
    const curve = new LearningRateCurve();
    for (const loss of [2, 1, 4]) curve.add(1, loss);
    const smoothed = curve.points.map((point) => point.smoothed);
    const [a, b] = [0.98, 0.98 ** 2];
    expect(smoothed).toEqual(
      [2, (a * 2 + 1) / (1 + a), (b * 2 + a * 1 + 4) / (1 + a + b)].map((x) => expect.closeTo(x, 9)),
    );
  });

  it('ends when the smoothed loss is above four times the least, or is not finite', () => {
    const curve = new LearningRateCurve();
    expect(curve.add(1, 1)).toBe(true);
    expect(curve.add(1, 6.9)).toBe(true); // smoothed 3.98
    expect(curve.add(1, 10)).toBe(false);
    expect(curve.points.length).toBe(3);
    expect(curve.add(1, Number.NaN)).toBe(false);
    expect(curve.points.length).toBe(3);
  });
});

describe('suggestions', () => {
  it('are the steepest fall, a tenth of the minimum, and the middle of the longest fall', () => {
    // Flat for 20 points, falls from index 20 to 30 with its steepest piece from 24 to 25, then rises: the last 5 are left out.
    const losses = Array.from({ length: 45 }, (_, i) => {
      if (i <= 20) return 2;
      if (i <= 24) return 2 - 0.01 * (i - 20);
      if (i <= 30) return 1.5 - 0.01 * (i - 25);
      return 1.5 + 0.1 * (i - 30);
    });
    const points = curveOf(losses);
    const { steepest, minimum, valley } = suggestLearningRates(points, 45);
    expect(steepest).toBe(points[24]!.learningRate);
    expect(minimum).toBe(points[30]!.learningRate / 10);
    // 11 values fall, one flat one among them: 5 before the last.
    expect(valley).toBe(points[25]!.learningRate);
  });

  it('see a fall through noise, and no fall in noise alone', () => {
    const points = curveOf(Array.from({ length: 60 }, (_, i) => 3 - 0.05 * i + (i % 2 === 0 ? 0.04 : -0.04)));
    const { valley } = suggestLearningRates(points, 60);
    const at = points.findIndex(({ learningRate }) => learningRate === valley);
    expect(Math.abs(at - 30)).toBeLessThan(12);
    const flat = Array.from({ length: 60 }, (_, i) => (i < 40 ? 2 + 0.01 * Math.sin(i * i) : 2 - 0.1 * (i - 40)));
    const late = suggestLearningRates(curveOf(flat), 60).valley;
    expect(late).toBeGreaterThan(10 ** (35 / 10 - 5));
  });

  it('are refused when the loss diverged at once', () => {
    expect(() => suggestLearningRates(curveOf([1, 2, 9]), 100)).toThrow('diverged after 3 of 100');
  });
});
