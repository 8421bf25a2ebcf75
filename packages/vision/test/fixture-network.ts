/** Weights of the small network as a data directory, drawn from a seed: tests need no pre-trained ones. */
import { join } from 'node:path';
import { catalogueEntry, createNetwork } from '@attune/zoo';
import { saveNetwork } from '@attune/zoo/node';

/** Writes `shapes_cnn` weights of 10 classes below `folder`; give that folder as `dataDirectories: [folder]`. */
export async function writeSmallWeights(folder: string, seed = 1): Promise<void> {
  const network = createNetwork('shapes_cnn', { classes: 10, seed });
  await saveNetwork(network, join(folder, catalogueEntry('shapes_cnn').weights.file));
  network.dispose();
}
