/** A network as the files that `tf.loadGraphModel` reads: a model.json, and the weights beside it. */
import { basename, dirname, join } from 'node:path';
import type { ImageNetwork } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { VERSION } from '../version.ts';
import { graphModel } from './graph-model.ts';

/**
 * @param file Where the JSON goes; the weights go beside it, under its name with `.weights.bin`.
 * @param metadata What the model says about itself.
 * @returns The files, in the order in which they were written.
 * @throws UserError when they cannot be written.
 */
export async function writeTfjs(network: ImageNetwork, file: string, metadata: object): Promise<string[]> {
  const { topology, signature, weightSpecs, weightData } = await graphModel(network);
  const weights = `${basename(file).replace(/\.json$/i, '')}.weights.bin`;
  const weightsFile = join(dirname(file), weights);
  const document = {
    format: 'graph-model',
    generatedBy: `attune ${VERSION}`,
    convertedBy: null,
    signature,
    userDefinedMetadata: metadata,
    modelTopology: topology,
    weightsManifest: [{ paths: [weights], weights: weightSpecs }],
  };
  // The JSON names the weights, so it comes last: what it names is there.
  await writeFileAtomic(weightsFile, weightData);
  await writeFileAtomic(file, `${JSON.stringify(document)}\n`);
  return [weightsFile, file];
}
