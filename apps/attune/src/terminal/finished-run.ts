/** What a command says of a run that it has finished. */
import type { TrainingRecord } from '@attune/core/node';
import { type Figures, figuresOf } from './metrics.ts';
import { table } from './table.ts';

/** @param unit What an example is: `images`, `texts`. */
export function finishedRun(
  { result, data, classes }: TrainingRecord,
  { unit, classesAre = 'classes' }: { readonly unit: string; readonly classesAre?: string },
): string[] {
  const { steps, seconds, bestEpoch, validation, test } = result!;
  const evaluated = Object.entries({ validation, test }).flatMap(([split, metrics]) => {
    if (metrics === null) return [];
    const of = metrics as Figures & { readonly examples: number };
    return [{ split, examples: of.examples, figures: figuresOf(of) }];
  });
  const rows = evaluated.map(({ split, examples, figures }) => [
    split,
    String(examples),
    ...figures.map(([, value]) => value),
  ]);
  const header = ['', unit, ...(evaluated[0]?.figures ?? []).map(([name]) => name)];
  const how = steps === 0 ? 'a fitted head' : `${steps} steps`;
  return [
    `${classes.length} ${classesAre}, ${data.examples.train} ${unit} to learn from, ${how} in ${seconds.toFixed(1)} s${steps === 0 ? '' : `, best epoch ${bestEpoch + 1}`}`,
    ...(rows.length > 0 ? [table([header, ...rows])] : []),
  ];
}
