/**
 * Data sets by name: the generated ones that come with the program (`fixtures/similar`, `fixtures/remarks`), and those below
 * the data directories (`vision/hymenoptera` for `$ATTUNE_DATA/vision/hymenoptera`).
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestNames, UserError } from '@attune/core';
import { explainWriteError } from '@attune/core/node';
import { TASKS, TEXT_TASKS, writeImageTask, writeTextTask } from '@attune/test-fixtures';
import { dataDirectories } from '@attune/zoo/node';
import { DOMAINS, type Domain } from './domain.ts';

/** What `tune vision` learns when nothing is said: a task like the one that the embedded network was trained on, and small. */
export const DEFAULT_DATA = 'fixtures/similar';

/** What `tune nlp` learns when nothing is said: the target of which the texts of `fixtures/reviews` know most. */
export const DEFAULT_TEXTS = 'fixtures/remarks';

/** Examples of each class, and the seed that they are drawn from. Few to learn from: that is when transfer matters. */
const PICTURES = { perClass: { train: 20, val: 10, test: 60 }, seed: 1 };
const FEW_TEXTS = { perClass: { train: 40, validation: 20, test: 200 }, seed: 1 };
/** Of a task that others are carried from. */
const MANY_TEXTS = { perClass: { train: 600, validation: 60, test: 200 }, seed: 1 };
const TEXT_SOURCES: readonly string[] = ['reviews', 'scenes'];

const GENERATED_PREFIX = 'fixtures/';

interface GeneratedDataSet {
  readonly domain: Domain;
  readonly options: { readonly perClass: Readonly<Record<string, number>>; readonly seed: number };
  write(folder: string): Promise<void>;
}

/** By name. */
const GENERATED: ReadonlyMap<string, GeneratedDataSet> = new Map<string, GeneratedDataSet>([
  ...Object.entries(TASKS).map(([name, task]): [string, GeneratedDataSet] => [
    `${GENERATED_PREFIX}${name}`,
    { domain: 'vision', options: PICTURES, write: (folder) => writeImageTask(folder, task, PICTURES) },
  ]),
  ...Object.entries(TEXT_TASKS).map(([name, task]): [string, GeneratedDataSet] => {
    const options = TEXT_SOURCES.includes(name) ? MANY_TEXTS : FEW_TEXTS;
    return [
      `${GENERATED_PREFIX}${name}`,
      { domain: 'nlp', options, write: (folder) => writeTextTask(folder, task, options) },
    ];
  }),
]);

/**
 * Where a data set lies: `place` itself where it is there, else the data set of that name; generated ones are written first.
 * @throws UserError when there is neither, with the nearest names.
 */
export async function locateData(place: string): Promise<string> {
  if (await exists(place)) return place;
  const generated = GENERATED.get(place);
  if (generated) return generatedData(place, generated);
  for (const directory of dataDirectories()) {
    const candidate = join(directory, place);
    // A name never leads out of the data directory.
    if (!place.split(/[/\\]/).includes('..') && (await exists(candidate))) return candidate;
  }
  const names = (await findDataSets()).map(({ name }) => name);
  throw new UserError(
    `There is no data at ${place}.`,
    `Give a folder, a table such as a CSV file, or a name from 'attune data list'. ${suggestNames(place, names)}`,
  );
}

/** Writes a generated data set where caches are kept, once, whole or not at all. */
async function generatedData(name: string, { options, write }: GeneratedDataSet): Promise<string> {
  const cache = dataDirectories().at(-1)!;
  const { perClass, seed } = options;
  const key = `${name.slice(GENERATED_PREFIX.length)}-${Object.values(perClass).join('-')}-seed${seed}`;
  const folder = join(cache, 'generated', key);
  if (await exists(folder)) return folder;
  const temporary = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
    await write(temporary);
    await rename(temporary, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was faster, and wrote the same.
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
      await rm(temporary, { recursive: true, force: true });
    });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw explainWriteError(error, folder);
  }
  return folder;
}

export interface NamedDataSet {
  readonly name: string;
  readonly domain: Domain;
  /** Null: it is generated when it is used. */
  readonly path: string | null;
}

/** The generated data sets, and what lies below the domains' folders of a data directory. */
export async function findDataSets(): Promise<NamedDataSet[]> {
  const found: NamedDataSet[] = [...GENERATED].map(([name, { domain }]) => ({ name, domain, path: null }));
  for (const directory of dataDirectories())
    for (const domain of DOMAINS) {
      const entries = await readdir(join(directory, domain), { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const name = `${domain}/${entry.name}`;
        if ((entry.isDirectory() || entry.isSymbolicLink()) && !found.some((other) => other.name === name))
          found.push({ name, domain, path: join(directory, domain, entry.name) });
      }
    }
  return found;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
