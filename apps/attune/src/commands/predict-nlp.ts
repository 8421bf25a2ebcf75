/** `attune predict` of a run on texts: texts from the command line or a file, named on the terminal or in a CSV file. */
import { UserError } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { type ClassifiedText, predictTexts } from '@attune/nlp';
import type { ReadingOptions } from '../declare/text-options.ts';
import { featureCache } from '../input/feature-cache.ts';
import { readingOf } from '../input/reading.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { shownText } from '../terminal/shown-text.ts';
import { percent } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface PredictTextsOptions extends CommandOptions, Omit<ReadingOptions, 'label' | 'splitColumn'> {
  readonly top: number;
  /** A table, or a file with a text on each line. */
  readonly data?: string;
  /** A CSV file that is written. */
  readonly out?: string;
}

export async function predictTextsCommand(
  run: string,
  texts: readonly string[],
  options: PredictTextsOptions,
): Promise<void> {
  const { data, out, top, quiet } = options;
  if ((data === undefined) === (texts.length === 0))
    throw new UserError(
      data === undefined ? 'There are no texts to name.' : 'There are texts, and a file of texts.',
      'Give texts, or a file of them with --data.',
    );
  const output = outputOf(options);
  await backendOf(options);
  const progress = prepareProgress();
  const predictions = await predictTexts(run, data === undefined ? { texts } : { file: data }, {
    top,
    reading: readingOf(options),
    cacheFolder: featureCache(),
    onSkip: ({ name, reason }) => output.note(`left out: ${name}: ${reason}`),
    onWarning: (warning) => output.note(`warning: ${warning}`),
    ...(quiet === true ? {} : { onProgress: (done, total) => progress('features', done, total) }),
  });
  if (out !== undefined) await writeFileAtomic(out, csvOf(predictions));
  output.result(
    { run, ...(out === undefined ? {} : { out }), predictions },
    out === undefined
      ? predictions.map(line).join('\n')
      : `${predictions.length} ${predictions.length === 1 ? 'text' : 'texts'} named: ${out}`,
  );
}

function line({ name, text, pair, classes }: ClassifiedText): string {
  const named = classes.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ');
  return `${name}: ${named}: ${shownText(text, pair)}`;
}

/** The class and its probability beside every text. */
function csvOf(predictions: readonly ClassifiedText[]): string {
  const isPair = predictions[0]!.pair !== undefined;
  const header = ['name', 'text', ...(isPair ? ['pair'] : []), 'prediction', 'probability'];
  const rows = predictions.map(({ name, text, pair, classes: [first] }) => [
    name,
    text,
    ...(isPair ? [pair!] : []),
    first!.label,
    first!.probability.toFixed(6),
  ]);
  return `${[header, ...rows].map((cells) => cells.map(quoted).join(',')).join('\n')}\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
