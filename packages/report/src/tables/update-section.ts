/** READMEs whose tables are written by programs. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { replaceSection } from './markdown.ts';

/**
 * Replaces what lies between `<!-- name -->` and `<!-- /name -->` in a file. @returns Whether that changed the file.
 * @throws UserError when there is no such file, or it lacks the marks.
 */
export async function updateSection(file: string | URL, name: string, content: string): Promise<boolean> {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UserError(`There is no file ${path}.`, undefined, { cause: error });
    throw error;
  });
  const after = replaceSection(before, name, content, path);
  if (after !== before) await writeFileAtomic(path, after);
  return after !== before;
}
