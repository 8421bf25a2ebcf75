/** A word-level network as a folder that plain transformers.js runs. */
import { writeFolder } from '../transformers-folder.ts';
import type { TextNetwork } from './text-network.ts';
import { type ExportTextNetworkOptions, textNetworkFiles } from './text-network-files.ts';

/**
 * Writes what `textNetworkFiles` gives. The folder appears whole or not at all.
 * @throws UserError when the folder is there already, cannot be written, or the backend is not `onnx`.
 * @throws Error as `textNetworkFiles`.
 */
export async function exportTextNetwork(
  network: TextNetwork,
  directory: string,
  options: ExportTextNetworkOptions,
): Promise<void> {
  await writeFolder(directory, await textNetworkFiles(network, options));
}
