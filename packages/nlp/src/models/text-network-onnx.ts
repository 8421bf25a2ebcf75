/** Text networks as ONNX, of any number of texts of any length. */
import type { tf } from '@attune/core';
import { onnxBackend } from '../transformers-files.ts';
import { withLstmOperator } from './lstm.ts';
import { pairInputs, singleInputs } from './network-inputs.ts';
import type { TextNetwork } from './text-network.ts';

/** The inputs, int64 [batch, sequence]. */
export const TEXT_NETWORK_INPUTS = ['input_ids', 'attention_mask'] as const;

export interface TextNetworkOnnxOptions {
  /** Words that are kept of each text of a pair. Single texts are taken whole. */
  readonly maxLength: number;
}

/**
 * The ONNX model: `input_ids` are numbers of words, of a pair with the number `vocabularySize` between its texts; the output is
 * `logits` [batch, classes]. What a plan added to the network is in it.
 * @throws UserError when the backend is not `onnx`.
 */
export async function textNetworkOnnx(
  network: TextNetwork,
  { maxLength }: TextNetworkOnnxOptions,
): Promise<Uint8Array> {
  const { exportOnnx, lstm } = await onnxBackend();
  const { architecture, vocabularySize: separator } = network.spec;
  const run = (...[ids, mask]: tf.Tensor[]) => {
    const inputs =
      architecture === 'cnn-pair' ? pairInputs(ids!, mask!, { separator, maxLength }) : singleInputs(ids!, mask!);
    return withLstmOperator(lstm, () => network.apply(inputs));
  };
  const inputs = TEXT_NETWORK_INPUTS.map((name) => ({
    name,
    shape: ['batch_size', 'sequence_length'],
    dtype: 'int64' as const,
  }));
  return exportOnnx(run, inputs, { outputNames: ['logits'], name: network.name });
}
