import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const draws = (random: Random, count = 8) => Array.from({ length: count }, () => random.uint32());

describe('Random', () => {
  it('draws the same numbers from the same seed, and others from another', () => {
    expect(draws(Random.fromSeed(1))).toEqual(draws(Random.fromSeed(1)));
    expect(draws(Random.fromSeed(1))).not.toEqual(draws(Random.fromSeed(2)));
    expect(draws(Random.fromSeed(1))).not.toEqual(draws(Random.fromSeed('1')));
  });

  it('keeps to its published numbers, or old checkpoints and records could not be repeated', () => {
    expect(draws(Random.fromSeed(0), 3)).toEqual([1472159049, 2762358556, 2825732735]);
  });

  it('continues from a saved state, through JSON', () => {
    const random = Random.fromSeed(7);
    draws(random, 100);
    const copy = Random.fromState(JSON.parse(JSON.stringify(random.state())));
    expect(copy.fork('x').uint32()).toBe(random.fork('x').uint32());
    expect(draws(copy)).toEqual(draws(random));
  });

  it('refuses what is no state', () => {
    expect(() => Random.fromState({ key: [1, 2, 3], words: [1, 2, 3, 4] })).toThrow(RangeError);
    expect(() => Random.fromState({ key: [1, 2, 3, 4], words: [1, 2, 3, -4] })).toThrow(RangeError);
    expect(() => Random.fromState(null as never)).toThrow(RangeError);
    expect(() => Random.fromSeed(Number.NaN)).toThrow(RangeError);
  });

  it('forks by label alone: what was drawn before does not matter', () => {
    const early = Random.fromSeed(3);
    const late = Random.fromSeed(3);
    draws(late, 1000);
    expect(draws(early.fork('data'))).toEqual(draws(late.fork('data')));
    expect(draws(early.fork('data'))).not.toEqual(draws(early.fork('head')));
    expect(draws(early.fork(1))).not.toEqual(draws(early.fork('1')));
  });

  it('is uniform: chi-squared of 64 bins over 64,000 draws stays below the 99.99 % point of 63 degrees', () => {
    const random = Random.fromSeed(11);
    const bins = new Array<number>(64).fill(0);
    for (let i = 0; i < 64_000; i++) bins[Math.floor(random.uniform(0, 64))]!++;
    const chiSquared = bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(113);
  });

  it('has normal draws with the right mean, variance and fourth moment', () => {
    const random = Random.fromSeed(12);
    const values = Array.from({ length: 50_000 }, () => (random.normal(3, 2) - 3) / 2);
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  });

  it('gives each integer below a bound, and refuses bounds without one', () => {
    const random = Random.fromSeed(13);
    expect(new Set(Array.from({ length: 500 }, () => random.integer(7)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(() => random.integer(0)).toThrow(RangeError);
    expect(() => random.integer(1.5)).toThrow(RangeError);
  });

  it('shuffles: every order of three comes up about equally often, and the input stays', () => {
    const random = Random.fromSeed(14);
    const input = ['a', 'b', 'c'];
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(input).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(input).toEqual(['a', 'b', 'c']);
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(random.permutation(5).sort()).toEqual([0, 1, 2, 3, 4]);
  });
});
