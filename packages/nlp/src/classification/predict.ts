/** Names the classes of texts by the model of a finished run. */
import { basename } from 'node:path';
import { UserError } from '@attune/core';
import { encodingWarnings } from '../dataset/delimited.ts';
import type { TextExample } from '../dataset/example.ts';
import { linesOf } from '../dataset/lines.ts';
import { readTexts } from '../dataset/read-texts.ts';
import type { LabelledText, SkippedText } from '../dataset/table-texts.ts';
import { openTextFile } from '../dataset/text-file.ts';
import { type LoadRunModelOptions, loadRunModel } from './model.ts';
import { readFinishedTextRecord, type TextReading } from './record.ts';

export interface ClassifiedText {
  /** Where the text comes from: `file:line`, or its number, from 1. */
  readonly name: string;
  readonly text: string;
  readonly pair?: string;
  /** The likeliest class first, probabilities in [0, 1]. */
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
}

export interface PredictTextsOptions extends LoadRunModelOptions {
  /** Classes that are given for each text. Default 5. */
  readonly top?: number;
  /** How a table of texts is to be read. */
  readonly reading?: Omit<TextReading, 'label'> | undefined;
  /** Told of rows without a text. */
  readonly onSkip?: ((skipped: SkippedText) => void) | undefined;
  readonly onWarning?: ((warning: string) => void) | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What is to be named: texts, of pairs two at a time; or a file, a table or one with a text on each line (.txt). */
export type TextsToClassify = { readonly texts: readonly string[] } | { readonly file: string };

/** @throws UserError when there is no such run or file, or there is nothing to name. */
export async function predictTexts(
  folder: string,
  input: TextsToClassify,
  options: PredictTextsOptions = {},
): Promise<ClassifiedText[]> {
  const { top = 5 } = options;
  const record = await readFinishedTextRecord(folder);
  const examples = await ('file' in input
    ? fromFile(input.file, record.pairs, options)
    : given(input.texts, record.pairs));
  if (examples.length === 0) throw new UserError('There are no texts to name.', 'Give texts, or a file of them.');
  const model = await loadRunModel(folder, record, options);
  try {
    const probabilities = await model.probabilities(examples, options.onProgress);
    return examples.map(({ name, text, pair }, i) => ({
      name,
      text,
      ...(pair === undefined ? {} : { pair }),
      classes: record.classes
        .map((label, c) => ({ label, probability: probabilities[i * model.classes + c]! }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, top),
    }));
  } finally {
    await model.dispose();
  }
}

function given(texts: readonly string[], pairs: boolean): TextExample[] {
  const empty = texts.findIndex((text) => text.trim() === '');
  if (empty >= 0) throw new UserError(`Text ${empty + 1} is empty.`, 'Give a text with words.');
  if (!pairs) return texts.map((text, i) => ({ name: String(i + 1), text: text.trim(), label: 0 }));
  if (texts.length % 2 === 1)
    throw new UserError(
      `The run is of pairs of texts, and ${texts.length} ${texts.length === 1 ? 'text was' : 'texts were'} given.`,
      'Give two for each pair.',
    );
  return Array.from({ length: texts.length / 2 }, (_, i) => ({
    name: String(i + 1),
    text: texts[2 * i]!.trim(),
    pair: texts[2 * i + 1]!.trim(),
    label: 0,
  }));
}

async function fromFile(file: string, pairs: boolean, options: PredictTextsOptions): Promise<TextExample[]> {
  const examples: TextExample[] = [];
  const rows = /\.txt(\.gz)?$/i.test(file) ? textLines(file, options) : rowsOf(file, pairs, options);
  for await (const { name, text, pair } of rows)
    examples.push({ name, text, ...(pair === undefined ? {} : { pair }), label: 0 });
  if (examples.length > 0 && (examples[0]!.pair !== undefined) !== pairs)
    throw new UserError(
      `${file} has ${pairs ? 'single texts' : 'pairs of texts'}, and the run is of ${pairs ? 'pairs' : 'single texts'}.`,
      pairs ? 'Give a table, and name the second text with --pair.' : 'Name the text with --text.',
    );
  return examples;
}

function rowsOf(file: string, pairs: boolean, { reading, onSkip, onWarning }: PredictTextsOptions) {
  // A run of single texts takes the first column of a table of pairs for no pair unless it is asked to.
  const pair = pairs ? reading?.pair : null;
  return readTexts(file, { ...reading, pair, label: null, split: null, onSkip, onWarning });
}

async function* textLines(
  file: string,
  { reading, onSkip, onWarning }: PredictTextsOptions,
): AsyncGenerator<Pick<LabelledText, 'name' | 'text' | 'pair'>, void, void> {
  const opened = await openTextFile(file, { encoding: reading?.encoding });
  for (const warning of encodingWarnings(opened)) onWarning?.(warning);
  for await (const { number, text } of linesOf(opened.chunks(), file)) {
    const name = `${basename(file)}:${number}`;
    if (text.trim() === '') onSkip?.({ name, reason: 'it has no text' });
    else yield { name, text: text.trim() };
  }
}
