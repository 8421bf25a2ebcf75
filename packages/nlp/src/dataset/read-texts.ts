/**
 * Labelled texts one after the other, from a table or from folders of text files: nothing is kept of what was read, so that
 * a file may be larger than the memory.
 */
import { type SplitName, UserError } from '@attune/core';
import { encodingWarnings } from './delimited.ts';
import { locateTexts, type TextPlace } from './locate.ts';
import { openTable } from './open-table.ts';
import type { TableOptions } from './table.ts';
import { type LabelledText, type TableTextsOptions, tableTexts } from './table-texts.ts';
import { openTextFile, type TextFile } from './text-file.ts';

export interface ReadTextsOptions extends TableOptions, TableTextsOptions {}

/** A table or a folder, or a table for each split. */
export type TextPath = string | Readonly<Partial<Record<SplitName, string>>>;

/** Bytes of a text file that holds one text. */
const MOST_BYTES_A_TEXT = 64 * 1024 * 1024;

/** @throws UserError when there is nothing at the path, or a file is broken or not as the options say. */
export async function* readTexts(
  path: TextPath,
  options: ReadTextsOptions = {},
): AsyncGenerator<LabelledText, void, void> {
  const places = typeof path === 'string' ? await locateTexts(path) : givenTables(path);
  const guessed: TextFile[] = [];
  for (const place of places)
    if (place.kind === 'table') yield* tableTexts(await openTable(place.path, options), place, options);
    else yield* fileText(place, options, (file) => guessed.push(file));
  const [first] = guessed;
  if (first && guessed.length === 1) options.onWarning?.(encodingWarnings(first)[0]!);
  else if (first)
    options.onWarning?.(
      `${guessed.length} files, such as ${first.path}, are not UTF-8: they were read as ${first.encoding}. If letters look wrong, name their encoding.`,
    );
}

function givenTables(paths: Readonly<Partial<Record<SplitName, string>>>): TextPlace[] {
  return (['train', 'validation', 'test'] as const).flatMap((split): TextPlace[] => {
    const path = paths[split];
    return path === undefined ? [] : [{ kind: 'table', path, name: path.split(/[\\/]/).at(-1)!, split }];
  });
}

async function* fileText(
  { path, name, className, split }: TextPlace & { kind: 'file' },
  options: ReadTextsOptions,
  onGuess: (file: TextFile) => void,
): AsyncGenerator<LabelledText, void, void> {
  const file = await openTextFile(path, { encoding: options.encoding, mostBytes: MOST_BYTES_A_TEXT }).catch(
    (error: unknown) => {
      if (error instanceof UserError && error.message.includes('is empty')) return undefined;
      throw error;
    },
  );
  let text = '';
  if (file) {
    if (file.guessedFrom !== undefined) onGuess(file);
    for await (const chunk of file.chunks()) text += chunk;
  }
  if (text.trim() === '') options.onSkip?.({ name, reason: 'it has no text' });
  else yield { name, text: text.trim(), className: className.trim().normalize('NFC'), ...(split && { split }) };
}
