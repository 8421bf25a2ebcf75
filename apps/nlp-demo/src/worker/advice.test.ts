import { expect, it } from 'vitest';
import { ALIKE, advise, sourceCounts } from './advice.ts';
import { builtInTexts } from './collection.ts';

it('finds remarks alike and questions different, and recommends what the paper found', () => {
  const source = sourceCounts();
  const of = (task: 'similar' | 'different', sourceClasses: boolean) => {
    const { classes, splits } = builtInTexts(task, 50);
    return advise(source, splits.train, classes, sourceClasses);
  };
  const similar = of('similar', true);
  const different = of('different', false);
  const divergence = ({ findings }: typeof similar) => Number(findings.at(-1)!.value);
  // The bound lies between the two with room on either side.
  expect(divergence(similar)).toBeLessThan(ALIKE - 0.05);
  expect(divergence(different)).toBeGreaterThan(ALIKE + 0.05);
  expect(similar.recommended).toEqual({ E: 'tuned', H: 'tuned', O: 'random' });
  expect(of('similar', false).recommended).toEqual(similar.recommended);
  expect(different.recommended).toEqual({ E: 'tuned', H: 'random', O: 'random' });
  expect(similar.findings[0]).toMatchObject({ value: '100', meaning: '50 of each of 2 classes' });
  expect(different.findings[0]).toMatchObject({ value: '250', meaning: '50 of each of 5 classes' });
});
