import { describe, expect, it } from 'vitest';
import { angleBetween, angleOf, gainFrom } from './room.ts';

describe('gains as angles', () => {
  it('turn into points and back', () => {
    expect([0, 0.5, 1].map(angleOf)).toEqual([0, expect.closeTo(Math.PI / 2, 9), Math.PI]);
    for (const from of [0, 0.3, 0.9, 1])
      for (const to of [0, 0.2, 0.97, 1]) expect(from + gainFrom(from, angleBetween(from, to))).toBeCloseTo(to, 9);
  });

  it('are worth the fewer points the less is left, and never more than that', () => {
    const angle = angleBetween(0.5, 0.6);
    const gains = [0.5, 0.8, 0.95, 0.999, 1].map((accuracy) => gainFrom(accuracy, angle));
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    expect(gains[3]).toBeCloseTo(0.001, 9);
    expect(gains[4]).toBe(0);
    expect(gainFrom(0.1, -3)).toBeCloseTo(-0.1, 9);
  });
});
