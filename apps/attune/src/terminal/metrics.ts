/** The figures of an evaluation in the order that a reader wants them, as text. */
import { percent } from './table.ts';

/** What evaluations of every domain have; the last two are of examples with several labels. */
export interface Figures {
  readonly accuracy: number;
  readonly loss: number;
  readonly macroF1: number;
  readonly meanAveragePrecision?: number;
  readonly microF1?: number;
}

export function figuresOf(metrics: Figures): [name: string, value: string][] {
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
