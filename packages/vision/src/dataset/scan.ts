/**
 * Finds the images of a data set without opening them: a folder with a folder for each class, the same below `train`,
 * `val` and `test`, or a CSV manifest.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { type SplitName, splitNamed, UserError } from '@attune/core';
import { FOREIGN_EXTENSIONS, IMAGE_EXTENSIONS } from '../images/sniff.ts';
import type { LabelKind } from './labels.ts';
import { readManifest } from './manifest.ts';

export interface FoundImage {
  /** Path in the data set with forward slashes: what messages and records call it. */
  readonly name: string;
  readonly file: string;
  /** Of its one class; in multi-label data of all labels that it has. */
  readonly classNames: readonly string[];
  /** The split that the data set itself puts it in. */
  readonly split?: SplitName;
}

export interface FoundImages {
  readonly labels: LabelKind;
  /** Sorted by code units, so that a class's number does not depend on the machine. */
  readonly classes: readonly string[];
  /** Sorted by name. */
  readonly images: readonly FoundImage[];
  /** Images in formats that cannot be read, by name. */
  readonly foreign: readonly string[];
  /** What is odd about the folders, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * @param labels Default: `multi` for a manifest with a `|` between the labels of any image, else `single`. In a folder with a
 * folder for each class every image has one label, of either kind.
 * @throws UserError when there is no data set at `path`, or it cannot be one to learn classes from.
 */
export async function scanImages(path: string, labels?: LabelKind): Promise<FoundImages> {
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new UserError(
          `There is no data at ${path}.`,
          'Check the path: a folder with a folder for each class, or a CSV file.',
        )
      : new UserError(`${path} cannot be read (${error.code}).`, 'Check the path and its permissions.', {
          cause: error,
        });
  });
  if (kind.isDirectory()) return checked({ labels: labels ?? 'single', ...(await scanFolder(path)) }, path);
  if (extname(path).toLowerCase() === '.csv') return checked(await readManifest(path, labels), path);
  throw new UserError(`${path} is a file.`, 'Give a folder with a folder for each class, or a CSV file.');
}

type FoundInFolder = Omit<FoundImages, 'labels'>;

async function scanFolder(root: string): Promise<FoundInFolder> {
  const folders = await subfolders(root);
  const splits = folders.filter((name) => splitNamed(name) !== undefined);
  const hasSplits = splits.some((name) => splitNamed(name) === 'train');
  if (hasSplits && splits.length < folders.length) {
    const stray = folders.filter((name) => !splits.includes(name));
    throw new UserError(
      `${root} holds both splits (${splits.join(', ')}) and other folders (${stray.join(', ')}).`,
      'Move the others away, or into the splits.',
    );
  }
  if (!hasSplits) {
    if (folders.length === 0)
      throw new UserError(`${root} holds no folders.`, 'Give a folder with a folder of images for each class.');
    return scanClasses(root, root, folders, undefined);
  }
  const parts = await Promise.all(
    splits.map(async (name) => {
      const folder = join(root, name);
      const classFolders = await subfolders(folder);
      if (classFolders.length === 0)
        throw new UserError(`${folder} holds no folders.`, 'Give it a folder of images for each class.');
      return scanClasses(root, folder, classFolders, splitNamed(name));
    }),
  );
  const trained = new Set(
    parts
      .flatMap((part) => part.images.filter(({ split }) => split === 'train'))
      .flatMap(({ classNames }) => classNames),
  );
  const classes = [...new Set(parts.flatMap((part) => part.classes))].sort(byCodeUnits);
  const unseen = classes.find((name) => !trained.has(name));
  if (unseen !== undefined)
    throw new UserError(`Class '${unseen}' of ${root} is not in its train folder.`, 'Add images of it, or remove it.');
  return {
    classes,
    images: parts.flatMap((part) => part.images),
    foreign: parts.flatMap((part) => part.foreign),
    warnings: parts.flatMap((part) => part.warnings),
  };
}

/**
 * A class is named as its folder is, in Unicode's form NFC: one system writes an accented letter as one character, another
 * as two, and data is carried from one to the other.
 */
async function scanClasses(
  root: string,
  folder: string,
  classFolders: readonly string[],
  split: SplitName | undefined,
): Promise<FoundInFolder> {
  const images: FoundImage[] = [];
  const foreign: string[] = [];
  const warnings: string[] = [];
  const classes = new Set<string>();
  for (const classFolder of classFolders) {
    const found = images.length;
    const className = classFolder.normalize('NFC');
    if (classes.has(className))
      warnings.push(`${folder} has two folders of the name '${className}', in two Unicode forms: they are one class.`);
    classes.add(className);
    const entries = await readdir(join(folder, classFolder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isDirectory() || entry.name.startsWith('.')) continue;
      const file = join(entry.parentPath, entry.name);
      const name = relative(root, file).split(sep).join('/');
      const extension = extname(entry.name).toLowerCase();
      if (IMAGE_EXTENSIONS.includes(extension))
        images.push({ name, file, classNames: [className], ...(split ? { split } : {}) });
      else if (FOREIGN_EXTENSIONS.includes(extension)) foreign.push(name);
    }
    if (images.length === found)
      throw new UserError(
        `Class folder ${join(folder, classFolder)} holds no JPEG, PNG, WebP or GIF images.`,
        'Add images, or remove the folder.',
      );
  }
  return { classes: [...classes].sort(byCodeUnits), images, foreign, warnings };
}

function checked(found: FoundImages, path: string): FoundImages {
  const { labels, classes, images, foreign, warnings } = found;
  if (classes.length < 2)
    throw new UserError(
      `${path} has one class only${classes[0] === undefined ? '' : ` ('${classes[0]}')`}.`,
      'Give it at least two classes.',
    );
  return {
    labels,
    classes,
    images: [...images].sort((a, b) => byCodeUnits(a.name, b.name)),
    foreign: [...foreign].sort(byCodeUnits),
    warnings,
  };
}

async function subfolders(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const kinds = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return names.filter((name, i) => kinds[i]?.isDirectory() && !basename(name).startsWith('.')).sort(byCodeUnits);
}

/** An order that is the same in every locale. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
