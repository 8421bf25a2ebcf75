/** How files of texts are to be read, as the options say it. */
import { defined } from '@attune/core';
import type { Column, TextReading } from '@attune/nlp';
import type { ReadingOptions } from '../declare/text-options.ts';

/** What was said; what was not is left out. */
export function readingOf({ text, pair, label, splitColumn, encoding, header }: ReadingOptions): TextReading {
  return defined({
    text: columnOf(text),
    pair: columnOf(pair),
    label: columnOf(label),
    split: columnOf(splitColumn),
    encoding,
    // Commander gives true where nothing was said.
    header: header === false ? false : undefined,
  }) as TextReading;
}

/** A number is a position, from 1; a column that is called by a number has one too. */
function columnOf(text: string | undefined): Column | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : text;
}
