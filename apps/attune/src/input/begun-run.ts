/** The run that is to be gone on with: options that are not given are taken from it. */
import { UserError } from '@attune/core';

/** Undefined where none is to be gone on with, or nothing is there yet. @throws UserError without a folder. */
export async function begunRun<Record>(
  { out, resume }: { readonly out?: string; readonly resume?: boolean },
  read: (folder: string) => Promise<Record | undefined>,
): Promise<Record | undefined> {
  if (resume !== true) return undefined;
  if (out === undefined)
    throw new UserError('--resume needs the folder of a run.', 'Name it with --out, such as --out runs/my-run.');
  return read(out);
}
