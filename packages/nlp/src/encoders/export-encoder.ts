/** A tuned encoder as a folder that plain transformers.js runs. */
import { writeFolder } from '../transformers-folder.ts';
import { type ExportEncoderOptions, encoderFiles } from './encoder-files.ts';
import type { EncoderNetwork } from './encoder-network.ts';

/**
 * Writes `config.json`, the tokenizer's files and `onnx/model.onnx`. The folder appears whole or not at all.
 * @throws UserError when it is there already, cannot be written, or the backend is not `onnx`.
 */
export async function exportEncoder(
  network: EncoderNetwork,
  directory: string,
  options: ExportEncoderOptions,
): Promise<void> {
  await writeFolder(directory, await encoderFiles(network, options));
}
