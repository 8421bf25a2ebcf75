/** Text networks in files. */
import { readFile } from 'node:fs/promises';
import { UserError } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import type { TextNetwork } from './text-network.ts';
import {
  type LoadedTextNetwork,
  readTextNetwork,
  type SaveTextNetworkOptions,
  writeTextNetwork,
} from './text-network-bytes.ts';

/** Writes the file, atomically. @throws UserError when it cannot be written. */
export async function saveTextNetwork(
  network: TextNetwork,
  file: string,
  options: SaveTextNetworkOptions,
): Promise<void> {
  await writeFileAtomic(file, await writeTextNetwork(network, options));
}

/** @throws UserError when the file is missing, damaged, or not of `saveTextNetwork`. */
export async function loadTextNetwork(file: string): Promise<LoadedTextNetwork> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${file} cannot be read (${error.code}).`, 'Check the path.', { cause: error });
  });
  return readTextNetwork(bytes, file);
}
