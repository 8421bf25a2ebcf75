/**
 * What a path stands for: one table; a folder with a table for each split; or a folder with a folder of text files for each
 * class, or the same below each split.
 */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type SplitName, splitNamed, UserError } from '@attune/core';
import { byCodeUnits } from './by-code-units.ts';
import { formatOf } from './open-table.ts';

/** A file with many texts, or with one. */
export type TextPlace =
  | { readonly kind: 'table'; readonly path: string; readonly name: string; readonly split?: SplitName | undefined }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Path in the data set, with forward slashes. */
      readonly name: string;
      readonly className: string;
      readonly split?: SplitName | undefined;
    };

/** Sorted, so that the order does not depend on the machine. @throws UserError when nothing is there. */
export async function locateTexts(path: string): Promise<TextPlace[]> {
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? new UserError(`There is no file or folder ${path}.`, 'Check the path.')
      : new UserError(`${path} cannot be read (${error.code}).`, 'Check the path and its permissions.', {
          cause: error,
        });
  });
  if (!kind.isDirectory()) return [{ kind: 'table', path, name: path.split(/[\\/]/).at(-1)! }];
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const tables = entries.filter((entry) => !entry.isDirectory() && formatOf(entry.name) !== undefined);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (tables.length > 0)
    return splitTables(
      path,
      tables.map(({ name }) => name),
    );
  if (folders.length === 0)
    throw new UserError(
      `${path} holds neither tables (.csv, .tsv, .jsonl, .parquet) nor folders of text files.`,
      'Give a table, a folder with a table for each split, or one with a folder of .txt files for each class.',
    );
  return classFolders(path, folders);
}

function splitTables(folder: string, names: readonly string[]): TextPlace[] {
  const places = [...names].sort(byCodeUnits).map((name): TextPlace => {
    const split = splitNamed(name.slice(0, name.indexOf('.')));
    if (split === undefined && names.length > 1)
      throw new UserError(
        `${folder} holds several tables, and ${name} is not named for a split.`,
        'Name them train, validation and test, or give one of them.',
      );
    return { kind: 'table', path: join(folder, name), name, split };
  });
  const splits = places.map(({ split }) => split);
  const twice = places.find(({ split }, i) => splits.indexOf(split) !== i);
  if (twice)
    throw new UserError(`${folder} holds two tables for ${twice.split}, ${twice.name} among them.`, 'Leave one.');
  return places;
}

async function classFolders(root: string, folders: readonly string[]): Promise<TextPlace[]> {
  const hasSplits = folders.some((name) => splitNamed(name) === 'train');
  const stray = folders.filter((name) => splitNamed(name) === undefined);
  if (hasSplits && stray.length > 0)
    throw new UserError(
      `${root} holds both splits and other folders (${stray.join(', ')}).`,
      'Move the others away, or into the splits.',
    );
  if (!hasSplits) return filesOf(root, root, folders, undefined);
  const parts = [];
  for (const name of [...folders].sort(byCodeUnits)) {
    const folder = join(root, name);
    const entries = await readdir(folder, { withFileTypes: true });
    const classes = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    parts.push(...(await filesOf(root, folder, classes, splitNamed(name))));
  }
  return parts;
}

async function filesOf(
  root: string,
  folder: string,
  classes: readonly string[],
  split: SplitName | undefined,
): Promise<TextPlace[]> {
  const places: TextPlace[] = [];
  for (const className of classes.filter((name) => !name.startsWith('.')).sort(byCodeUnits)) {
    const entries = await readdir(join(folder, className), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && /\.txt(\.gz)?$/i.test(entry.name) && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort(byCodeUnits);
    if (files.length === 0)
      throw new UserError(
        `Class folder ${join(folder, className)} holds no .txt files.`,
        'Add some, or remove the folder.',
      );
    for (const path of files)
      places.push({ kind: 'file', path, name: relative(root, path).split(sep).join('/'), className, split });
  }
  if (places.length === 0)
    throw new UserError(`${folder} holds no folders.`, 'Give it a folder of .txt files for each class.');
  return places;
}
