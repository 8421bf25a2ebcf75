/** Trained networks as folders. */

import { writeSafetensors } from '@attune/core';
import type { MadeFile } from '@attune/demo-parts/api';
import {
  type EncoderNetwork,
  encoderCheckpoint,
  encoderConfigJson,
  type SubwordTokenizer,
  type TextNetwork,
  type Vocabulary,
  writeTextNetwork,
} from '@attune/nlp';

export async function wordFiles(
  network: TextNetwork,
  options: { readonly vocabulary: Vocabulary; readonly labels: readonly string[]; readonly maxLength: number },
): Promise<readonly MadeFile[]> {
  return [{ name: 'model.safetensors', bytes: await writeTextNetwork(network, options) }];
}

export async function encoderFiles(
  network: EncoderNetwork,
  { tokenizer, labels }: { readonly tokenizer: SubwordTokenizer; readonly labels: readonly string[] },
): Promise<readonly MadeFile[]> {
  const json = (name: string, value: unknown) => ({
    name,
    bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`),
  });
  return [
    json('config.json', { ...encoderConfigJson(network.config), id2label: Object.fromEntries(labels.entries()) }),
    json('tokenizer.json', tokenizer.json),
    json('tokenizer_config.json', tokenizer.config),
    { name: 'model.safetensors', bytes: writeSafetensors(await encoderCheckpoint(network), { format: 'pt' }) },
  ];
}
