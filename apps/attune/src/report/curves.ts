/** The curves of runs: of one run training beside validation, of several plans each a colour, their runs behind the mean. */
import type { EpochRecord } from '@attune/core';
import type { Line, LineChart } from './line-chart.ts';
import type { PlanRuns } from './plan-runs.ts';

type Measure = 'train/loss' | 'train/accuracy' | 'validation/loss' | 'validation/accuracy';

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const decimals = (value: number): string => value.toFixed(value < 0.1 && value > 0 ? 3 : 2);

export function curveCharts(plans: readonly PlanRuns[]): LineChart[] {
  return plans.length === 1 && plans[0]!.runs.length === 1 ? singleRun(plans[0]!) : comparison(plans);
}

function singleRun({ runs }: PlanRuns): LineChart[] {
  const { history, record } = runs[0]!;
  const best = record.result?.bestEpoch;
  const mark = best === undefined ? undefined : { x: best + 1, label: 'kept' };
  const both = (measure: 'loss' | 'accuracy'): Line[] =>
    (['train', 'validation'] as const)
      .map((split, colour) => ({
        name: split === 'train' ? 'training' : split,
        colour,
        dashed: split === 'validation',
        points: pointsOf(history, `${split}/${measure}`),
      }))
      .filter(({ points }) => points.length > 0);
  return [
    { title: 'Loss', lines: both('loss'), y: 'cross-entropy, nats', format: decimals, mark },
    { title: 'Accuracy', lines: both('accuracy'), y: 'accuracy', format: percent, top: 1, mark },
  ];
}

function comparison(plans: readonly PlanRuns[]): LineChart[] {
  const charts: (LineChart & { readonly measure: Measure })[] = [
    { measure: 'validation/accuracy', title: 'Validation accuracy', y: 'accuracy', format: percent, top: 1, lines: [] },
    { measure: 'validation/loss', title: 'Validation loss', y: 'cross-entropy, nats', format: decimals, lines: [] },
    { measure: 'train/accuracy', title: 'Training accuracy', y: 'accuracy', format: percent, top: 1, lines: [] },
    { measure: 'train/loss', title: 'Training loss', y: 'cross-entropy, nats', format: decimals, lines: [] },
  ];
  return charts
    .map(({ measure, ...chart }) => ({ ...chart, lines: plans.flatMap((plan, i) => planLines(plan, measure, i)) }))
    .filter(({ lines }) => lines.length > 0);
}

function planLines({ plan, runs }: PlanRuns, measure: Measure, colour: number): Line[] {
  const each = runs.map(({ history }) => pointsOf(history, measure));
  const length = Math.max(...each.map((points) => points.length));
  if (length === 0) return [];
  const single = runs.length === 1;
  // The mean over the runs that came so far: with patience they may stop at different epochs.
  const mean = Array.from({ length }, (_, i): [number, number] => {
    const values = each.flatMap((points) => (points[i] === undefined ? [] : [points[i]![1]]));
    return [i + 1, values.reduce((sum, value) => sum + value, 0) / values.length];
  });
  return [
    ...(single ? [] : each.map((points) => ({ name: plan.name, colour, points, faint: true }))),
    {
      name: single ? plan.name : `${plan.name}, mean of ${runs.length}`,
      colour,
      points: mean,
      dashed: colour % 2 === 1,
    },
  ];
}

function pointsOf(history: readonly EpochRecord[], measure: Measure): [number, number][] {
  return history.flatMap((record) => {
    const value = record[measure];
    return value === undefined ? [] : [[record.epoch + 1, value] as [number, number]];
  });
}
