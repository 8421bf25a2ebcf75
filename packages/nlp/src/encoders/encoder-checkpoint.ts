/** An encoder's parameters as Hugging Face's files hold them. */
import type { TensorToWrite } from '@attune/core';
import { checkpointName, toCheckpoint } from './checkpoint-names.ts';
import type { EncoderNetwork } from './encoder-network.ts';

/** All parameters with the names and layouts of Hugging Face's classifiers. */
export async function encoderCheckpoint(network: EncoderNetwork): Promise<[string, TensorToWrite][]> {
  const { family } = network.config;
  const tensors: [string, TensorToWrite][] = [];
  for (const parameter of network.parameters.values()) {
    const values = (await parameter.variable.data()) as Float32Array;
    tensors.push([checkpointName(family, parameter.name), toCheckpoint(family, parameter, values)]);
  }
  return tensors;
}
