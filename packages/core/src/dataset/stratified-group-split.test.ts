import { describe, expect, it } from 'vitest';
import { stratifiedGroupSplit } from './stratified-group-split.ts';

const examples = (counts: readonly number[]) =>
  counts.flatMap((count, label) => Array.from({ length: count }, (_, i) => ({ stratum: label, key: `${label}/${i}` })));
const count = (splits: readonly string[], name: string) => splits.filter((split) => split === name).length;

describe('stratifiedGroupSplit', () => {
  it('gives each class its share, the same for the same seed', () => {
    const all = examples([1000, 100]);
    const splits = stratifiedGroupSplit(all, 3);
    expect(count(splits.slice(0, 1000), 'test')).toBe(200);
    expect(count(splits.slice(0, 1000), 'validation')).toBe(120);
    expect(count(splits.slice(1000), 'test')).toBe(20);
    expect(count(splits.slice(1000), 'validation')).toBe(12);
    expect(stratifiedGroupSplit(all, 3)).toEqual(splits);
    expect(stratifiedGroupSplit(all, 4)).not.toEqual(splits);
  });

  it('keeps copies together, and every class in train', () => {
    const all = Array.from({ length: 300 }, (_, i) => ({ stratum: i % 2, key: `${i % 2}/${i % 60}` }));
    const splits = stratifiedGroupSplit(all, 1);
    for (let i = 0; i < 240; i++) expect(splits[i + 60]).toBe(splits[i]);
    expect(count(splits, 'test')).toBeGreaterThan(40);
    expect(stratifiedGroupSplit(examples([1, 2, 3]), 1).filter((_, i) => [0].includes(i))).toEqual(['train']);
    expect(
      stratifiedGroupSplit(
        [0, 1, 2, 3].map(() => ({ stratum: 0, key: 'same' })),
        1,
      ),
    ).toEqual(new Array(4).fill('train'));
  });

  it('keeps splits that are given, and draws validation from train alone', () => {
    const all = examples([50, 50]).map((example, i) => ({
      ...example,
      split: i % 5 === 0 ? ('test' as const) : ('train' as const),
    }));
    const splits = stratifiedGroupSplit(all, 1);
    all.forEach(({ split }, i) => {
      if (split === 'test') expect(splits[i]).toBe('test');
    });
    expect(count(splits, 'validation')).toBe(12);
    expect(count(splits, 'test')).toBe(20);
  });

  it('divides examples without a key one by one', () => {
    const splits = stratifiedGroupSplit(
      Array.from({ length: 10 }, () => ({ stratum: 0 })),
      1,
    );
    expect([count(splits, 'test'), count(splits, 'validation'), count(splits, 'train')]).toEqual([2, 1, 7]);
  });
});
