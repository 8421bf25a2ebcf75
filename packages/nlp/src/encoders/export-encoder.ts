/**
 * A tuned encoder as a folder that plain transformers.js runs: `pipeline('text-classification', folder)`. The model is ONNX with
 * the batch and the length open, and takes the three int64 inputs of an encoder.
 */
import { join } from 'node:path';
import { tf } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { MODEL_FILE, onnxBackend, writeFolder } from '../transformers-folder.ts';
import { writeEncoderJson } from './checkpoint.ts';
import type { EncoderNetwork } from './encoder-network.ts';
import type { SubwordTokenizer } from './subword-tokenizer.ts';

export const ENCODER_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;

export type EncoderOutput = 'logits' | 'last_hidden_state';

/**
 * The ONNX model. DistilBERT and RoBERTa have no `token_type_ids`, as transformers.js gives them none.
 * @param output `logits` [batch, classes], or `last_hidden_state` [batch, sequence, size], which feature extraction asks for.
 * @throws UserError when the backend is not `onnx`.
 */
export async function encoderOnnx(network: EncoderNetwork, output: EncoderOutput = 'logits'): Promise<Uint8Array> {
  const { exportOnnx } = await onnxBackend();
  const { family } = network.config;
  const names = family === 'bert' ? ENCODER_INPUTS : ENCODER_INPUTS.slice(0, 2);
  const last = network.taps.at(-1)!;
  const run = (...given: tf.Tensor[]) => {
    const [ids, mask, types = tf.zerosLike(ids!)] = given;
    const inputs = tf.stack([ids!, mask!, types], 1);
    return output === 'logits' ? network.apply(inputs) : network.tap(inputs, [last])[last]!;
  };
  const inputs = names.map((name) => ({ name, shape: ['batch_size', 'sequence_length'], dtype: 'int64' as const }));
  return exportOnnx(run, inputs, { outputNames: [output], name: network.name });
}

export interface ExportEncoderOptions {
  readonly tokenizer: SubwordTokenizer;
  /** Names of the classes, in the order of the outputs. */
  readonly labels: readonly string[];
}

/**
 * Writes `config.json`, the tokenizer's files and `onnx/model.onnx`. The folder appears whole or not at all.
 * @throws UserError when it is there already, cannot be written, or the backend is not `onnx`.
 */
export async function exportEncoder(
  network: EncoderNetwork,
  directory: string,
  options: ExportEncoderOptions,
): Promise<void> {
  const model = await encoderOnnx(network);
  await writeFolder(directory, async (folder) => {
    await writeEncoderJson(network, folder, options);
    await writeFileAtomic(join(folder, MODEL_FILE), model);
  });
}
