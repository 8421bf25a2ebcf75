/** `attune data`: the data sets that have a name. */

import type { SplitName } from '@attune/core';
import { UserError } from '@attune/core';
import { readTexts } from '@attune/nlp';
import { scanImages } from '@attune/vision';
import { findDataSets, locateData } from '../input/data-sets.ts';
import type { Domain } from '../input/domain.ts';
import { list, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { outputOf } from './command-options.ts';

export async function listDataCommand(options: CommandOptions): Promise<void> {
  const sets = [];
  for (const { name, domain, path } of await findDataSets()) {
    const found = await count(domain, path ?? (await locateData(name))).catch(undefinedWhereBad);
    // Folders of weights and other things lie there too.
    if (found === undefined) continue;
    const { classes, examples, unit } = found;
    sets.push({ name, domain, classes: classes.length, [unit]: examples, path, generated: path === null });
  }
  const rows = sets.map((set) => [
    set.name,
    String(set.classes),
    'images' in set ? `${set.images} images` : `${set.texts} texts`,
    set.path ?? 'generated',
  ]);
  outputOf(options).result({ dataSets: sets }, list([['name', 'classes', 'examples', 'place'], ...rows]));
}

export async function showDataCommand(name: string, options: CommandOptions): Promise<void> {
  const path = await locateData(name);
  const domain = (await findDataSets()).find((set) => set.name === name)?.domain;
  // A place that has no name may be of either: folders of images hold no texts.
  const found =
    domain === undefined
      ? ((await count('vision', path).catch(undefinedWhereBad)) ?? (await count('nlp', path)))
      : await count(domain, path);
  const { classes, splits, foreign, unit, examples } = found;
  const text = [
    `${path}: ${classes.length} classes, ${examples} ${unit}`,
    table([
      ['class', ...splits],
      ...classes.map(({ name: className, counts }) => [
        className,
        ...splits.map((split) => String(counts[split] ?? 0)),
      ]),
    ]),
    ...(foreign.length > 0 ? [`in formats that are not read: ${foreign.join(', ')}`] : []),
  ];
  outputOf(options).result(
    {
      name,
      path,
      classes: classes.map(({ name: className, counts }) => ({
        name: className,
        [unit]: Object.fromEntries(splits.map((split) => [split, counts[split] ?? 0])),
      })),
      [unit]: examples,
      foreign,
    },
    text.join('\n'),
  );
}

interface Counted {
  readonly unit: 'images' | 'texts';
  readonly examples: number;
  /** Examples of each class by split. */
  readonly classes: readonly { readonly name: string; readonly counts: Readonly<Record<string, number>> }[];
  readonly splits: readonly (SplitName | 'all')[];
  readonly foreign: readonly string[];
}

/** @throws UserError when there is no data set of that kind. */
async function count(domain: Domain, path: string): Promise<Counted> {
  return domain === 'vision' ? countImages(path) : countTexts(path);
}

async function countImages(path: string): Promise<Counted> {
  const { classes, images, foreign } = await scanImages(path);
  const tally = new Tally(classes);
  for (const { classNames, split } of images) tally.add(classNames, split ?? 'all');
  return { unit: 'images', examples: images.length, ...tally.counted(), foreign };
}

async function countTexts(path: string): Promise<Counted> {
  const tally = new Tally();
  let examples = 0;
  for await (const { className, split } of readTexts(path)) {
    examples++;
    tally.add([className], split ?? 'all');
  }
  if (examples === 0) throw new UserError(`${path} has no texts.`, 'Give a file with labelled texts.');
  return { unit: 'texts', examples, ...tally.counted(), foreign: [] };
}

/** Counts by class and split. */
class Tally {
  private readonly counts = new Map<string, Record<string, number>>();
  private readonly splits = new Set<SplitName | 'all'>();

  /** @param classes In the order in which they are shown; those that are met later come behind. */
  constructor(classes: readonly string[] = []) {
    for (const name of classes) this.counts.set(name, {});
  }

  add(classNames: readonly string[], split: SplitName | 'all'): void {
    this.splits.add(split);
    for (const name of classNames) {
      const own = this.counts.get(name) ?? {};
      own[split] = (own[split] ?? 0) + 1;
      this.counts.set(name, own);
    }
  }

  counted(): Pick<Counted, 'classes' | 'splits'> {
    return { classes: [...this.counts].map(([name, counts]) => ({ name, counts })), splits: [...this.splits] };
  }
}

function undefinedWhereBad(error: unknown): undefined {
  if (error instanceof UserError) return undefined;
  throw error;
}
