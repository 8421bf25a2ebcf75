/** Which metric a report begins with. */
import { expect, it } from 'vitest';
import { mainMetric } from './words.ts';

it('mainMetric is the mean average precision, else the accuracy, else a share, else the first', () => {
  expect(mainMetric(['examples', 'loss', 'accuracy', 'meanAveragePrecision'])).toBe('meanAveragePrecision');
  expect(mainMetric(['loss', 'recall', 'accuracy'])).toBe('accuracy');
  expect(mainMetric(['loss', 'recall'])).toBe('recall');
  expect(mainMetric(['examples', 'loss'])).toBe('loss');
});
