/** `attune eval` of a run on texts: figures, confusion, and the mistakes that the model was surest of. */
import type { SplitName } from '@attune/core';
import { evaluateTextRun, readFinishedTextRecord, surestMistakes } from '@attune/nlp';
import type { ReadingOptions } from '../declare/text-options.ts';
import { locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { readingOf } from '../input/reading.ts';
import { figuresOf } from '../terminal/metrics.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { shownText } from '../terminal/shown-text.ts';
import { percent, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface EvalTextsOptions extends CommandOptions, ReadingOptions {
  readonly data?: string;
  readonly split?: SplitName | 'all';
}

/** Mistakes that are shown, and of more classes than this no confusion. */
const SHOWN_MISTAKES = 5;
const MOST_CLASSES = 12;

export async function evalTexts(run: string, options: EvalTextsOptions): Promise<void> {
  const output = outputOf(options);
  const own = (await readFinishedTextRecord(run)).data.path;
  const data = await locateData(options.data ?? own);
  await backendOf(options);
  const progress = prepareProgress();
  const evaluation = await evaluateTextRun(run, data, {
    reading: readingOf(options),
    split: options.split,
    cacheFolder: featureCache(),
    ...(options.quiet === true ? {} : { onProgress: (done, total) => progress('features', done, total) }),
  });
  const { split, metrics, predictions, examples, record, dataset } = evaluation;
  for (const warning of dataset.warnings) output.note(`warning: ${warning}`);
  const { classes } = record;
  const share = (value: number | null | undefined) => (value == null ? '-' : percent(value));
  const counts = metrics.confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const mistakes = surestMistakes(predictions, SHOWN_MISTAKES).map((i) => {
    const { text, pair } = examples[i]!;
    const { name, label, prediction, probability } = predictions[i]!;
    return {
      name,
      text,
      ...(pair === undefined ? {} : { pair }),
      class: classes[label]!,
      takenFor: classes[prediction]!,
      probability,
    };
  });
  output.result(
    { run, data, split, classes, metrics, mistakes, skipped: dataset.skipped, warnings: dataset.warnings },
    [
      `${split} of ${data}: ${figuresOf(metrics)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}, ${metrics.examples} texts`,
      table([
        ['class', 'texts', 'precision', 'recall'],
        ...classes.map((name, c) => [name, String(counts[c]), share(metrics.precision[c]), share(metrics.perClass[c])]),
      ]),
      ...(classes.length > MOST_CLASSES
        ? []
        : [
            '',
            table([
              ['is / taken for', ...classes],
              ...metrics.confusion.map((row, c) => [classes[c]!, ...row.map(String)]),
            ]),
          ]),
      ...(mistakes.length === 0
        ? []
        : [
            '',
            'mistakes it was surest of:',
            ...mistakes.map(
              (mistake) =>
                `  ${mistake.name}: ${mistake.class}, taken for ${mistake.takenFor} (${percent(mistake.probability)}): ${shownText(mistake.text, mistake.pair)}`,
            ),
          ]),
    ].join('\n'),
  );
}
