/**
 * A tuned encoder as the files that plain transformers.js runs: `pipeline('text-classification', folder)`. The model is ONNX with
 * the batch and the length open, and takes the three int64 inputs of an encoder.
 */
import { tf } from '@attune/core';
import { type FolderFiles, jsonFile, labelFields, MODEL_FILE, onnxBackend } from '../transformers-files.ts';
import { encoderConfigJson } from './config.ts';
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
 * `config.json`, the tokenizer's files and `onnx/model.onnx`.
 * @throws UserError when the backend is not `onnx`.
 */
export async function encoderFiles(network: EncoderNetwork, options: ExportEncoderOptions): Promise<FolderFiles> {
  return new Map([...encoderJson(network, options), [MODEL_FILE, await encoderOnnx(network)]]);
}

/** `config.json` and the tokenizer's files. @param more Fields of `config.json` besides. */
export function encoderJson(
  { config }: EncoderNetwork,
  { tokenizer, labels }: ExportEncoderOptions,
  more: Readonly<Record<string, unknown>> = {},
): FolderFiles {
  const architecture = { bert: 'Bert', roberta: 'Roberta', distilbert: 'DistilBert' }[config.family];
  return new Map([
    ['tokenizer.json', jsonFile(tokenizer.json)],
    ['tokenizer_config.json', jsonFile(tokenizer.config)],
    [
      'config.json',
      jsonFile({
        architectures: [`${architecture}ForSequenceClassification`],
        ...encoderConfigJson(config),
        ...labelFields(labels),
        ...more,
      }),
    ],
  ]);
}
