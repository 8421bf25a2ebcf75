/**
 * Features of a frozen trunk, kept on disk under a key of everything that they depend on, so that another plan on the same
 * data finds them there.
 */
import { createHash } from 'node:crypto';
import type { Added, ImageNetwork } from '@attune/core';
import { keptFeatures } from '@attune/core/node';
import type { ComputeFeaturesOptions, Features } from './compute-features.ts';
import { computeFeatures, labelledFeatures } from './compute-features.ts';
import type { Example } from './dataset/open.ts';

export interface CachedFeaturesOptions extends ComputeFeaturesOptions {
  /** Where features are kept; undefined: they are computed anew. */
  readonly cacheFolder?: string | undefined;
  /** Fingerprint of the data set that the examples are of. */
  readonly fingerprint: string;
  /** The network's `trunkFingerprint`, where it is known already. */
  readonly trunk?: string;
}

/** As `computeFeatures`, unless the cache has them. A cache that cannot be read or written is done without. */
export async function cachedFeatures(
  network: ImageNetwork,
  examples: readonly Example[],
  options: CachedFeaturesOptions,
): Promise<Features> {
  const { cacheFolder, fingerprint } = options;
  const key = async () =>
    featuresKey(options.trunk ?? (await trunkFingerprint(network)), network, examples, fingerprint);
  const values = await keptFeatures(
    { folder: cacheFolder, key, count: examples.length, size: network.featureSize },
    async () => (await computeFeatures(network, examples, options)).values,
  );
  return labelledFeatures(values, network, examples);
}

/**
 * SHA-256, hex, over layers, names, shapes and values of all that features are made by.
 * @param added What a plan added to the network, where it did: two modules of equal weights may see different layers.
 */
export async function trunkFingerprint(network: ImageNetwork, added?: Added): Promise<string> {
  const head = new Set(network.layerGroups.at(-1)!.parameters);
  const hash = createHash('sha256');
  // A network that is cut behind a pooling has the parameters of one that is cut before it.
  hash.update(JSON.stringify([network.taps, added?.module]));
  for (const { name, variable } of network.parameters.values()) {
    if (head.has(name)) continue;
    const values = (await variable.data()) as Float32Array;
    hash
      .update(`${name} ${variable.shape.join('x')}\n`)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

/** SHA-256, hex, of what features depend on: the trunk, the preprocessing, the data, and which images of it. */
function featuresKey(
  trunk: string,
  { name, featureSize, preprocessing }: ImageNetwork,
  examples: readonly Example[],
  fingerprint: string,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([trunk, name, featureSize, preprocessing, fingerprint]));
  hash.update(JSON.stringify(examples.map((example) => example.name)));
  return hash.digest('hex');
}
