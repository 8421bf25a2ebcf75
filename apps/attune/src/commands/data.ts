/** `attune data`: the data sets that have a name. */

import type { SplitName } from '@attune/core';
import { UserError } from '@attune/core';
import type { FoundImages } from '@attune/vision';
import { scanImages } from '@attune/vision';
import { findDataSets, locateData } from '../input/data-sets.ts';
import { list, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { outputOf } from './command-options.ts';

export async function listDataCommand(options: CommandOptions): Promise<void> {
  const sets = [];
  for (const { name, path } of await findDataSets()) {
    const found = await scan(path ?? (await locateData(name)));
    // Folders of weights and other things lie there too.
    if (found !== undefined)
      sets.push({ name, classes: found.classes.length, images: found.images.length, path, generated: path === null });
  }
  const rows = sets.map(({ name, classes, images, path }) => [
    name,
    String(classes),
    String(images),
    path ?? 'generated',
  ]);
  outputOf(options).result({ dataSets: sets }, list([['name', 'classes', 'images', 'place'], ...rows]));
}

export async function showDataCommand(name: string, options: CommandOptions): Promise<void> {
  const path = await locateData(name);
  const { classes, images, foreign } = await scanImages(path);
  const splits = [...new Set(images.map(({ split }) => split ?? 'all'))];
  const count = (className: string, split: SplitName | 'all') =>
    images.filter((image) => image.classNames.includes(className) && (image.split ?? 'all') === split).length;
  const counts = classes.map((className) => ({
    name: className,
    images: Object.fromEntries(splits.map((split) => [split, count(className, split)])),
  }));
  const text = [
    `${path}: ${classes.length} classes, ${images.length} images`,
    table([
      ['class', ...splits],
      ...counts.map((row) => [row.name, ...splits.map((split) => String(row.images[split]))]),
    ]),
    ...(foreign.length > 0 ? [`in formats that are not read: ${foreign.join(', ')}`] : []),
  ];
  outputOf(options).result({ name, path, classes: counts, images: images.length, foreign }, text.join('\n'));
}

async function scan(path: string): Promise<FoundImages | undefined> {
  return scanImages(path).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
}
