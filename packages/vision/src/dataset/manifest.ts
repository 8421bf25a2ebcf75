/**
 * CSV manifests of images: columns `path` and `label` (or `labels`), and `split` if wanted; paths are relative to the file's
 * folder. A cell of several labels separates them by `|`.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { splitNamed, suggestNames, UserError } from '@attune/core';
import type { LabelKind } from './labels.ts';
import { SEPARATOR } from './labels.ts';
import type { FoundImage, FoundImages } from './scan.ts';
import { byCodeUnits } from './scan.ts';

/**
 * @param kind Default: `multi` where the label of any line has a `|`.
 * @throws UserError with the line, when a column is missing or a line does not fit.
 */
export async function readManifest(path: string, kind?: LabelKind): Promise<FoundImages> {
  const rows = parseCsv(await readFile(path, 'utf8'), path);
  const header = (rows.shift()?.cells ?? []).map((cell) => cell.trim().toLowerCase());
  const labelColumn = header.includes('label') ? 'label' : 'labels';
  for (const [column, name] of [
    ['path', 'path'],
    ['label', labelColumn],
  ] as const)
    if (!header.includes(name))
      throw new UserError(
        `${path} has no column '${column}'.`,
        'Its first line is to be path,label or path,label,split.',
      );
  const [pathAt, labelAt, splitAt] = ['path', labelColumn, 'split'].map((column) => header.indexOf(column)) as [
    number,
    number,
    number,
  ];
  const labels = kind ?? (rows.some(({ cells }) => cells[labelAt]?.includes(SEPARATOR)) ? 'multi' : 'single');
  const images: FoundImage[] = [];
  const lines = new Map<string, number>();
  for (const { cells, line } of rows) {
    const fail = (what: string, hint: string): never => {
      throw new UserError(`${path}, line ${line}: ${what}.`, hint);
    };
    if (cells.length !== header.length)
      fail(`${cells.length} cells instead of ${header.length}`, 'Quote cells that hold commas.');
    const name = cells[pathAt]!.trim();
    const classNames = labelsIn(cells[labelAt]!, labels);
    if (name === '') fail('the path is empty', 'Remove the line or fill it in.');
    if (labels === 'single' && classNames.length === 0) fail('the label is empty', 'Remove the line or fill it in.');
    const earlier = lines.get(name);
    if (earlier !== undefined) fail(`${name} is on line ${earlier} already`, 'Keep one of them.');
    lines.set(name, line);
    const splitText = splitAt < 0 ? '' : cells[splitAt]!.trim().toLowerCase();
    const split = splitNamed(splitText);
    if (splitText !== '' && split === undefined)
      fail(`there is no split '${splitText}'`, suggestNames(splitText, ['train', 'val', 'test']));
    images.push({ name, file: resolve(dirname(path), name), classNames, ...(split ? { split } : {}) });
  }
  if (images.length === 0) throw new UserError(`${path} lists no images.`, 'Add lines of path,label.');
  const split = images.filter((image) => image.split !== undefined);
  if (split.length > 0 && split.length < images.length)
    throw new UserError(
      `${path} gives a split to some images only.`,
      'Fill in the column everywhere, or leave it out.',
    );
  const classes = [...new Set(images.flatMap(({ classNames }) => classNames))].sort(byCodeUnits);
  const trained = new Set(
    images.filter(({ split = 'train' }) => split === 'train').flatMap(({ classNames }) => classNames),
  );
  const unseen = classes.find((name) => !trained.has(name));
  if (unseen !== undefined)
    throw new UserError(
      `Class '${unseen}' of ${path} has no image in the split train.`,
      'Add some, or remove the class.',
    );
  return { labels, classes, images, foreign: [], warnings: [] };
}

/** Names of the labels in a cell, each once: none where nothing but separators and white space is there. */
function labelsIn(cell: string, kind: LabelKind): string[] {
  const parts = kind === 'multi' ? cell.split(SEPARATOR) : [cell];
  const names = parts.map((part) => part.trim().normalize('NFC'));
  return [...new Set(names.filter((name) => name !== ''))];
}

interface Row {
  readonly cells: string[];
  readonly line: number;
}

/** RFC 4180: quoted cells may hold commas, line breaks and doubled quotes. Empty lines are passed over. */
function parseCsv(text: string, path: string): Row[] {
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let startLine = 1;
  const endRow = () => {
    cells.push(cell);
    if (cells.length > 1 || cell.trim() !== '') rows.push({ cells, line: startLine });
    cells = [];
    cell = '';
  };
  const source = text.replace(/^\ufeff/, '');
  for (let i = 0; i < source.length; i++) {
    const character = source[i]!;
    if (character === '\n') line++;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (source[i + 1] === '"') cell += source[i++];
      else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === ',') {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') {
      endRow();
      startLine = line;
    } else if (character !== '\r') cell += character;
  }
  if (quoted) throw new UserError(`${path}, line ${startLine}: a quote is never closed.`, 'Close it.');
  endRow();
  return rows;
}
