/** Features kept on disk under a key of everything that they depend on, so that another plan on the same data finds them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from './files.ts';
import { readSafetensors, writeSafetensors } from './weights/safetensors.ts';

export interface KeptFeaturesOptions {
  /** Where features are kept; undefined: they are computed anew. */
  readonly folder: string | undefined;
  /** Hash of all that they depend on: the name of the file. Asked for only where it is needed. */
  readonly key: () => string | Promise<string>;
  /** Of the rows, and of one row. */
  readonly count: number;
  readonly size: number;
}

/**
 * The features [count, size] that the folder has, else those that `compute` makes, which are kept. A folder that cannot be
 * read or written is done without.
 */
export async function keptFeatures(
  { folder, key, count, size }: KeptFeaturesOptions,
  compute: () => Promise<Float32Array>,
): Promise<Float32Array> {
  if (folder === undefined || count === 0) return compute();
  const file = join(folder, `${await key()}.safetensors`);
  const kept = await read(file, count, size);
  if (kept !== undefined) return kept;
  const values = await compute();
  await writeFileAtomic(file, writeSafetensors([['features', { shape: [count, size], data: values }]])).catch(() => {});
  return values;
}

async function read(file: string, count: number, size: number): Promise<Float32Array | undefined> {
  try {
    const features = readSafetensors(await readFile(file), file).tensors.get('features');
    if (features?.shape.join() === `${count},${size}` && features.data instanceof Float32Array) return features.data;
  } catch {
    // Missing, or damaged: it is made anew.
  }
  return undefined;
}
