/** A language model of 30,000 parameters that learns `walks` of `two-domains.ts` in a second. */

import { type DecoderConfig, NO_DROPOUT } from '../src/language-model/config.ts';
import { DecoderNetwork } from '../src/language-model/decoder-network.ts';
import type { LanguageModel } from '../src/language-model/language-model.ts';
import { Llama2cTokenizer } from '../src/language-model/llama2c-tokenizer.ts';
import { tuneLanguageModel } from '../src/language-model/tune.ts';
import { TOKENIZER_SIZE, tokenizerBytes } from './tiny-decoder.ts';
import { domainTexts } from './two-domains.ts';

const CONFIG: DecoderConfig = {
  family: 'llama',
  vocabularySize: TOKENIZER_SIZE,
  hiddenSize: 32,
  innerSize: 64,
  layers: 2,
  heads: 4,
  keyHeads: 2,
  context: 64,
  epsilon: 1e-5,
  rotaryBase: 10_000,
  tied: true,
  dropout: NO_DROPOUT,
};

export function freshModel(more: Partial<DecoderConfig> = {}): LanguageModel {
  const network = new DecoderNetwork({ name: 'tiny', config: { ...CONFIG, ...more }, seed: 1 });
  return { network, tokenizer: new Llama2cTokenizer(tokenizerBytes(), 'tokenizer.bin') };
}

export async function pretrainedModel(): Promise<LanguageModel> {
  const from = freshModel();
  const texts = domainTexts('walks', 200, 1);
  const model = await tuneLanguageModel({ from, texts, plan: 'scratch', epochs: 12, learningRate: 1e-2, length: 32 });
  from.network.dispose();
  return model;
}
