import { selectBackend, tf } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { referenceLlama } from '../../test/reference-decoder.ts';
import { llama2cBytes, TOKENIZER_SIZE, tinyLlama, tokenizerBytes } from '../../test/tiny-decoder.ts';
import type { LanguageModel } from './language-model.ts';
import { readLlama2c } from './llama2c-file.ts';
import { Llama2cTokenizer } from './llama2c-tokenizer.ts';
import { perplexity } from './perplexity.ts';

const RAW = tinyLlama(1, { vocabulary: TOKENIZER_SIZE });
let model: LanguageModel;
beforeAll(async () => {
  await selectBackend({ prefer: 'cpu' });
  model = { network: readLlama2c(llama2cBytes(RAW), 'tiny'), tokenizer: new Llama2cTokenizer(tokenizerBytes(), 'tok') };
});

/** Losses of the tokens `first` on, each from those before it. */
function lossesOf(tokens: readonly number[], first: number): number[] {
  return referenceLlama(RAW, tokens.slice(0, -1))
    .map((logits, i) => Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[tokens[i + 1]!]!)
    .slice(first - 1);
}
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('perplexity', () => {
  it('is that of every token after the begin, over texts of several lengths', async () => {
    const texts = ['the cat ran.', 'a dog'];
    const losses = texts.flatMap((text) => lossesOf([1, ...model.tokenizer.encode(text), 2], 1));
    const measured = await perplexity(model, texts);
    expect(measured.tokens).toBe(losses.length);
    expect(measured.loss).toBeCloseTo(mean(losses), 4);
    expect(measured.perplexity).toBeCloseTo(Math.exp(mean(losses)), 2);
  });

  it('slides over what is longer than a window', async () => {
    const text = 'the cat ran and the dog ran and the cat and the dog.';
    const tokens = [1, ...model.tokenizer.encode(text), 2];
    const [length, stride] = [6, 2];
    const losses = lossesOf(tokens.slice(0, length + 1), 1);
    for (let start = stride; losses.length < tokens.length - 1; start += stride)
      losses.push(...lossesOf(tokens.slice(start, start + length + 1), length - stride + 1));
    const measured = await perplexity(model, [text], { length, stride, batchSize: 3 });
    expect(measured.tokens).toBe(tokens.length - 1);
    expect(measured.loss).toBeCloseTo(mean(losses), 4);
  });

  it('leaves nothing behind, and refuses what it cannot measure', async () => {
    const tensors = tf.memory().numTensors;
    await perplexity(model, ['the cat']);
    expect(tf.memory().numTensors).toBe(tensors);
    await expect(perplexity(model, [])).rejects.toThrow('the texts are empty');
    await expect(perplexity(model, ['a'], { length: 13 })).rejects.toThrow(
      'length is 13, and must be a whole number from 1 to 12',
    );
    await expect(perplexity(model, ['a'], { length: 4, stride: 5 })).rejects.toThrow('stride is 5');
    await expect(perplexity(model, ['a'], { stride: 0 })).rejects.toThrow('stride is 0');
  });
});
