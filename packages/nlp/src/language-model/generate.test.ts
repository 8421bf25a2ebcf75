import { selectBackend, tf } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshModel, pretrainedModel } from '../../test/tiny-language-model.ts';
import { type GenerateOptions, generateText, generateTokens } from './generate.ts';
import type { LanguageModel } from './language-model.ts';

let model: LanguageModel;
beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
  model = await pretrainedModel();
});

async function tokensOf(prompt: readonly number[], options: Partial<GenerateOptions> = {}) {
  const drawn = generateTokens(model.network, prompt, { maxTokens: 12, seed: 1, ...options });
  const tokens: number[] = [];
  for (;;) {
    const { value, done } = await drawn.next();
    if (done) return { tokens, ended: value };
    tokens.push(value);
  }
}

describe('generateTokens', () => {
  it('takes the likeliest of what a whole pass makes of all tokens so far, at temperature 0', async () => {
    const prompt = [1, ...model.tokenizer.encode('the cat')];
    const { tokens } = await tokensOf(prompt, { temperature: 0 });
    const all = [...prompt];
    for (const token of tokens) {
      const logits = model.network.apply(tf.tensor2d(all, [1, all.length], 'int32'));
      expect(tf.argMax(tf.slice(logits, all.length - 1, 1), 1).dataSync()[0]).toBe(token);
      all.push(token);
    }
    expect(tokens).toHaveLength(12);
  });

  it('draws the same by the same seed, and others by another', async () => {
    const draw = (seed: number) => tokensOf([1], { seed, temperature: 2 });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(2)).not.toEqual(await draw(1));
  });

  it('ends at a stop token, at its length, and where the context is full', async () => {
    const free = await tokensOf([1], { temperature: 0 });
    expect(free.ended).toBe('length');
    const stop = free.tokens[3]!;
    const first = free.tokens.indexOf(stop);
    expect(await tokensOf([1], { temperature: 0, stop: [stop] })).toEqual({
      tokens: free.tokens.slice(0, first),
      ended: 'stop',
    });
    // The last token is drawn from a full context, and needs no place itself.
    const full = await tokensOf(new Array(60).fill(5), { temperature: 0 });
    expect([full.tokens.length, full.ended]).toEqual([5, 'context']);
  });

  it('leaves nothing behind, even when it is broken off', async () => {
    await tokensOf([1]);
    const tensors = tf.memory().numTensors;
    await tokensOf([1]);
    for await (const _ of generateTokens(model.network, [1], { maxTokens: 9, seed: 1 })) break;
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(tokensOf([1], { signal: controller.signal })).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('refuses what it cannot begin with', async () => {
    await expect(tokensOf([])).rejects.toThrow('The prompt has no tokens');
    await expect(tokensOf(new Array(65).fill(1))).rejects.toThrow('The prompt has 65 tokens, and tiny takes 64');
    await expect(tokensOf([1, 400])).rejects.toThrow('The prompt has the token 400');
    await expect(tokensOf([1], { maxTokens: 0 })).rejects.toThrow('maxTokens is 0');
    await expect(tokensOf([1], { topP: 2 })).rejects.toThrow('topP is 2');
  });
});

describe('generateText', () => {
  it('goes on as the texts that were learnt do, and ends as they end', async () => {
    const { text, tokens, ended } = await generateText(model, 'the fox', { maxTokens: 60, seed: 3, topP: 0.9 });
    expect(`the fox${text}`).toMatch(/^(the (cat|dog|hen|fox) (ran|sat|hid|ate) and (ran|sat|hid|ate)\. ?)+$/);
    expect(ended).toBe('stop');
    expect(tokens).not.toContain(model.tokenizer.end);
  });

  it('begins a text where the prompt is empty', async () => {
    const { text } = await generateText(model, '', { maxTokens: 4, seed: 1, temperature: 0 });
    expect(text).toMatch(/^the /);
  });

  it('is of no use untrained', async () => {
    const { text } = await generateText(freshModel(), 'the fox', { maxTokens: 20, seed: 1 });
    expect(text).not.toMatch(/^ (ran|sat|hid|ate)/);
  });
});
