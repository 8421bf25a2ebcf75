/** How well the model of a finished run does on a data set. */
import type { SplitName } from '@attune/core';
import { UserError } from '@attune/core';
import type { TextExample } from '../dataset/example.ts';
import { openTexts, type TextDataset } from '../dataset/open.ts';
import { evaluateProbabilities, type TextEvaluation } from './metrics.ts';
import { type LoadRunModelOptions, loadRunModel } from './model.ts';
import { readFinishedTextRecord, type TextReading, type TextRecord } from './record.ts';

export interface EvaluateTextRunOptions extends LoadRunModelOptions {
  /** How the data's files are to be read. Default: as the run's own, where `data` is its own. */
  readonly reading?: TextReading | undefined;
  /** Which texts; default: `test` where the data set has one of its own or is the run's, else `all`. */
  readonly split?: SplitName | 'all' | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface TextRunEvaluation extends TextEvaluation {
  readonly record: TextRecord;
  readonly dataset: TextDataset;
  readonly split: SplitName | 'all';
  /** The texts, in the order of the predictions, with the run's numbers of the classes. */
  readonly examples: readonly TextExample[];
}

/**
 * Evaluates a finished run on a data set, whose classes must be among the run's.
 * @throws UserError when there is no such run or data set, a class is unknown to the run, or the split is empty.
 */
export async function evaluateTextRun(
  folder: string,
  data: string,
  options: EvaluateTextRunOptions = {},
): Promise<TextRunEvaluation> {
  const record = await readFinishedTextRecord(folder);
  const reading = { ...(data === record.data.path ? record.data.reading : {}), ...options.reading };
  const dataset = await openTexts(data, { ...reading, seed: record.seed, purpose: 'evaluate' });
  if (dataset.pairs !== record.pairs)
    throw new UserError(
      `${data} has ${dataset.pairs ? 'pairs of texts' : 'single texts'}, and the run in ${folder} is of ${record.pairs ? 'pairs' : 'single texts'}.`,
      record.pairs ? 'Name the second text with --pair.' : 'Name the text with --text.',
    );
  for (const name of dataset.classes)
    if (!record.classes.includes(name))
      throw new UserError(
        `${data} has a class '${name}' that the run in ${folder} does not know.`,
        `Its classes are: ${record.classes.join(', ')}.`,
      );
  const isOwn = dataset.fingerprint === record.data.fingerprint || dataset.givenSplits.includes('test');
  const split = options.split ?? (isOwn ? 'test' : 'all');
  const chosen = split === 'all' ? Object.values(dataset.splits).flat() : dataset.splits[split];
  if (chosen.length === 0) throw new UserError(`The split ${split} of ${data} is empty.`, 'Choose another split.');
  const examples = chosen.map((example) => ({
    ...example,
    label: record.classes.indexOf(dataset.classes[example.label]!),
  }));
  const model = await loadRunModel(folder, record, options);
  try {
    const probabilities = await model.probabilities(examples, options.onProgress);
    return { record, dataset, split, examples, ...evaluateProbabilities(examples, probabilities, model.classes) };
  } finally {
    await model.dispose();
  }
}
