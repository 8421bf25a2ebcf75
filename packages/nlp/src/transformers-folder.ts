/** Writes folders that plain transformers.js runs a text classifier from. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '@attune/core';
import { explainWriteError, writeFileAtomic } from '@attune/core/node';
import type { FolderFiles } from './transformers-files.ts';

/**
 * Writes beside the place and renames, so that the folder is whole or not there.
 * @throws UserError when it is there already or cannot be written.
 */
export async function writeFolder(directory: string, files: FolderFiles): Promise<void> {
  const place = resolve(directory);
  let beside: string | undefined;
  try {
    await mkdir(dirname(place), { recursive: true });
    beside = await mkdtemp(join(dirname(place), `.${basename(place)}.`));
    for (const [path, content] of files) await writeFileAtomic(join(beside, path), content);
    await rename(beside, place).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '')) throw error;
      throw new UserError(`${place} is there already.`, 'Choose another folder, or delete it.', { cause: error });
    });
  } catch (error) {
    if (beside !== undefined) await rm(beside, { recursive: true, force: true });
    throw explainWriteError(error, place);
  }
}
