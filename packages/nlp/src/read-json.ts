/** JSON files that come from outside. */
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '@attune/core';

/** Largest file that is read: the vocabularies of tokenizers are the largest there are. */
const MOST_BYTES = 64 * 1024 * 1024;

/** @throws UserError when the file cannot be read, is too large, or holds no JSON. */
export async function readJsonFile(path: string): Promise<unknown> {
  const unreadable = (error: NodeJS.ErrnoException) =>
    new UserError(`${path} cannot be read (${error.code}).`, 'Check the path.', { cause: error });
  const found = await stat(path).catch((error) => Promise.reject(unreadable(error)));
  if (found.size > MOST_BYTES) throw new UserError(`${path} has ${found.size} bytes; at most ${MOST_BYTES} are read.`);
  const text = await readFile(path, 'utf8').catch((error) => Promise.reject(unreadable(error)));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} holds no JSON: ${(error as Error).message}.`, 'Get it anew.', { cause: error });
  }
}
