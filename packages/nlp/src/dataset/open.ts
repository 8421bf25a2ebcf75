/**
 * Opens a data set of labelled texts or pairs: reads all of it, leaves out what cannot be learnt from, divides it into
 * splits and takes the fingerprint that results are traced by.
 */
import { createHash } from 'node:crypto';
import { type DividedTexts, type DivideOptions, divideTexts } from './divide.ts';
import { type ReadTextsOptions, readTexts, type TextPath } from './read-texts.ts';
import type { LabelledText, SkippedText } from './table-texts.ts';

export interface TextDataset extends DividedTexts {
  /** As it was opened. */
  readonly path: TextPath;
  /** SHA-256, hex, over texts, labels and given splits, in their order. */
  readonly fingerprint: string;
}

export interface OpenTextsOptions extends Omit<ReadTextsOptions, 'label' | 'onSkip' | 'onWarning'>, DivideOptions {
  readonly label?: string | number | undefined;
  /** Called after every 10,000 texts. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** @throws UserError when there is nothing to read, the files are not as the options say, or a class cannot be learnt. */
export async function openTexts(path: TextPath, options: OpenTextsOptions = {}): Promise<TextDataset> {
  const { seed, shares, purpose, onProgress, ...reading } = options;
  const place = typeof path === 'string' ? path : Object.values(path).join(', ');
  const skipped: SkippedText[] = [];
  const warnings: string[] = [];
  const read: LabelledText[] = [];
  const hash = createHash('sha256');
  for await (const text of readTexts(path, {
    ...reading,
    onSkip: (skip) => skipped.push(skip),
    onWarning: (warning) => warnings.push(warning),
  })) {
    read.push(text);
    hash.update(`${JSON.stringify([text.split ?? null, text.className, text.text, text.pair ?? null])}\n`);
    if (read.length % 10_000 === 0) onProgress?.(read.length);
  }
  const divided = divideTexts(place, read, skipped, warnings, { seed, shares, purpose });
  return { path, ...divided, fingerprint: hash.digest('hex') };
}
