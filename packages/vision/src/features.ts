/**
 * Features of a frozen trunk, kept on disk under a key of everything that they depend on, so that another plan on the same
 * data finds them there.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from '@attune/core';
import { readSafetensors, writeSafetensors } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import type { ComputeFeaturesOptions, Features } from './compute-features.ts';
import { computeFeatures } from './compute-features.ts';
import type { Example } from './dataset/open.ts';

export interface CachedFeaturesOptions extends ComputeFeaturesOptions {
  /** Where features are kept; undefined: they are computed anew. */
  readonly cacheFolder?: string | undefined;
  /** Fingerprint of the data set that the examples are of. */
  readonly fingerprint: string;
}

/** As `computeFeatures`, unless the cache has them. A cache that cannot be read or written is done without. */
export async function cachedFeatures(
  network: Network,
  examples: readonly Example[],
  options: CachedFeaturesOptions,
): Promise<Features> {
  const { cacheFolder, fingerprint } = options;
  if (cacheFolder === undefined || examples.length === 0) return computeFeatures(network, examples, options);
  const file = join(cacheFolder, `${await featuresKey(network, examples, fingerprint)}.safetensors`);
  const labels = Int32Array.from(examples, ({ label }) => label);
  const size = network.featureSize;
  const kept = await readKept(file, examples.length, size);
  if (kept !== undefined) return { values: kept, size, labels };
  const features = await computeFeatures(network, examples, options);
  const tensor = { shape: [examples.length, size], data: features.values };
  await writeFileAtomic(file, writeSafetensors([['features', tensor]])).catch(() => {});
  return features;
}

/** SHA-256, hex, of what features depend on: the trunk's values, the preprocessing, the data, and which images of it. */
export async function featuresKey(
  network: Network,
  examples: readonly Example[],
  fingerprint: string,
): Promise<string> {
  const head = new Set(network.layerGroups.at(-1)!.parameters);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([network.name, network.featureSize, network.preprocessing, fingerprint]));
  for (const { name } of examples) hash.update(`${JSON.stringify(name)}\n`);
  for (const { name, variable } of network.parameters.values()) {
    if (head.has(name)) continue;
    const values = (await variable.data()) as Float32Array;
    hash
      .update(`${name} ${variable.shape.join('x')}\n`)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

async function readKept(file: string, count: number, size: number): Promise<Float32Array | undefined> {
  try {
    const features = readSafetensors(await readFile(file), file).tensors.get('features');
    if (features?.shape.join() === `${count},${size}` && features.data instanceof Float32Array) return features.data;
  } catch {
    // Missing, or damaged: it is made anew.
  }
  return undefined;
}
