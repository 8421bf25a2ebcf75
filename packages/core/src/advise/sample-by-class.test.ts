/** Which examples advice is measured on. */
import { expect, it } from 'vitest';
import { mostFrequentShare, sampleByClass } from './sample-by-class.ts';

const examples = (counts: readonly number[]) =>
  counts.flatMap((count, label) => Array.from({ length: count }, (_, i) => ({ label, name: `${label}/${i}` })));

it('is at most 100 examples of a class and 2,000 in all, and changes with the seed alone', () => {
  const train = examples([300, 3]);
  const sample = sampleByClass(train, 2, 1);
  expect(sample.filter(({ label }) => label === 0)).toHaveLength(100);
  expect(sample.filter(({ label }) => label === 1)).toHaveLength(3);
  expect(new Set(sample.map(({ name }) => name)).size).toBe(103);
  const names = (seed: number) => sampleByClass(train, 2, seed).map(({ name }) => name);
  expect(names(1)).toEqual(names(1));
  expect(names(2)).not.toEqual(names(1));
  expect(sampleByClass(examples(new Array<number>(200).fill(12)), 200, 1)).toHaveLength(2000);
});

it('knows what always naming one class gets right', () => {
  expect(mostFrequentShare(examples([3, 5, 2]))).toBe(0.5);
});
