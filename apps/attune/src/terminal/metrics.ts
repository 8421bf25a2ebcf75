/** The figures of an evaluation in the order that a reader wants them, as text. */
import type { VisionMetrics } from '@attune/vision';
import { percent } from './table.ts';

export function figuresOf(metrics: VisionMetrics): [name: string, value: string][] {
  const { accuracy, loss, macroF1, meanAveragePrecision, microF1 } = metrics;
  const common: [string, string][] = [
    ['loss', loss.toFixed(4)],
    ['macro F1', macroF1.toFixed(3)],
  ];
  if (meanAveragePrecision === undefined || microF1 === undefined) return [['accuracy', percent(accuracy)], ...common];
  return [
    ['mean average precision', percent(meanAveragePrecision)],
    ...common,
    ['micro F1', microF1.toFixed(3)],
    ['exact match', percent(accuracy)],
  ];
}
