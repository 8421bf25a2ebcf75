/**
 * Data sets by name: the generated ones that come with the program (`fixtures/similar`), and those below the data
 * directories (`vision/hymenoptera` for `$ATTUNE_DATA/vision/hymenoptera`).
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestNames, UserError } from '@attune/core';
import { explainWriteError } from '@attune/core/node';
import { TASKS, writeImageTask } from '@attune/test-fixtures';
import { dataDirectories } from '@attune/zoo/node';

/** What `tune vision` learns when nothing is said: a task like the one that the embedded network was trained on, and small. */
export const DEFAULT_DATA = 'fixtures/similar';

/** Pictures of each class, and the seed that they are drawn from. Few to learn from: that is when transfer matters. */
const GENERATED = { perClass: { train: 20, val: 10, test: 60 }, seed: 1 };

const GENERATED_PREFIX = 'fixtures/';

/** Names of the generated data sets. */
export const GENERATED_NAMES: readonly string[] = Object.keys(TASKS).map((name) => `${GENERATED_PREFIX}${name}`);

/** Domains whose data sets lie in a folder of this name below a data directory. */
const DOMAIN = 'vision';

/**
 * Where a data set lies: `place` itself where it is there, else the data set of that name; generated ones are written first.
 * @throws UserError when there is neither, with the nearest names.
 */
export async function locateData(place: string): Promise<string> {
  if (await exists(place)) return place;
  if (GENERATED_NAMES.includes(place)) return generatedData(place);
  for (const directory of dataDirectories()) {
    const candidate = join(directory, place);
    // A name never leads out of the data directory.
    if (!place.split(/[/\\]/).includes('..') && (await exists(candidate))) return candidate;
  }
  const names = (await findDataSets()).map(({ name }) => name);
  throw new UserError(
    `There is no data at ${place}.`,
    `Give a folder with a folder for each class, a CSV file, or a name from 'attune data list'. ${suggestNames(place, names)}`,
  );
}

/** Writes a generated data set where caches are kept, once, whole or not at all. */
async function generatedData(name: string): Promise<string> {
  const task = TASKS[name.slice(GENERATED_PREFIX.length) as keyof typeof TASKS];
  const cache = dataDirectories().at(-1)!;
  const { perClass, seed } = GENERATED;
  const folder = join(cache, 'generated', `${task.name}-${Object.values(perClass).join('-')}-seed${seed}`);
  if (await exists(folder)) return folder;
  const temporary = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
    await writeImageTask(temporary, task, GENERATED);
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
  /** Null: it is generated when it is used. */
  readonly path: string | null;
}

/** The generated data sets, and every folder below the domain's folder of a data directory. */
export async function findDataSets(): Promise<NamedDataSet[]> {
  const found: NamedDataSet[] = GENERATED_NAMES.map((name) => ({ name, path: null }));
  for (const directory of dataDirectories()) {
    const entries = await readdir(join(directory, DOMAIN), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = `${DOMAIN}/${entry.name}`;
      if ((entry.isDirectory() || entry.isSymbolicLink()) && !found.some((other) => other.name === name))
        found.push({ name, path: join(directory, DOMAIN, entry.name) });
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
