/** Language models in files: Hugging Face's folders and llama2.c's files hold the same networks, and what is damaged is refused. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { selectBackend, tf, UserError, writeSafetensors } from '@attune/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteLevelTokenizer } from '../../test/byte-level-tokenizer.ts';
import { referenceGpt2, referenceLlama } from '../../test/reference-decoder.ts';
import {
  llama2cBytes,
  llamaCheckpoint,
  TOKENIZER_SIZE,
  tinyGpt2,
  tinyLlama,
  tokenizerBytes,
} from '../../test/tiny-decoder.ts';
import { BpeTokenizer } from './bpe-tokenizer.ts';
import { openLanguageModel, saveLanguageModel } from './checkpoint.ts';
import type { DecoderNetwork } from './decoder-network.ts';
import { extendDecoder } from './extend-decoder.ts';
import type { LanguageModel } from './language-model.ts';
import { Llama2cTokenizer } from './llama2c-tokenizer.ts';

let root: string;
beforeAll(async () => {
  await selectBackend({ prefer: 'cpu' });
  root = await mkdtemp(join(tmpdir(), 'attune-lm-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const TOKENS = [3, 17, 0, 39, 17, 5, 21];
const logitsOf = (network: DecoderNetwork) =>
  tf.tidy(() => [...network.apply(tf.tensor2d(TOKENS, [1, TOKENS.length], 'int32')).dataSync()]);
const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4));

async function folder(files: Record<string, Uint8Array | string | object>): Promise<string> {
  const path = await mkdtemp(join(root, 'model-'));
  for (const [name, content] of Object.entries(files))
    await writeFile(
      join(path, name),
      content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content),
    );
  return path;
}
const RAW = tinyLlama(1, { vocabulary: TOKENIZER_SIZE });
const llamaFolder = (more: Record<string, Uint8Array | string | object> = {}, raw = RAW) => {
  const { config, weights } = llamaCheckpoint(raw);
  return folder({ 'config.json': config, 'model.safetensors': weights, 'tokenizer.bin': tokenizerBytes(), ...more });
};
/** With as many tokens as the byte-level tokenizer has. */
const GPT2 = tinyGpt2(2);
const gpt2Folder = async (more: Record<string, Uint8Array | string | object> = {}) => {
  const { json, config } = byteLevelTokenizer();
  return folder({
    'config.json': GPT2.config,
    'model.safetensors': writeSafetensors([...GPT2.tensors].map(([name, tensor]) => [`transformer.${name}`, tensor])),
    'tokenizer.json': json,
    'tokenizer_config.json': config,
    ...more,
  });
};
const disposed = async <Result>(model: LanguageModel, use: (model: LanguageModel) => Promise<Result> | Result) => {
  const result = await use(model);
  model.network.dispose();
  return result;
};

describe('openLanguageModel', () => {
  it.each([true, false])('finds the same network in both layouts of Llama, tied: %s', async (tied) => {
    const raw = tinyLlama(1, { vocabulary: TOKENIZER_SIZE, tied });
    const ours = await llamaFolder({}, raw);
    const theirs = await folder({
      'small.bin': llama2cBytes(raw),
      'small.bin.gz': gzipSync(llama2cBytes(raw)),
      'tokenizer.bin': tokenizerBytes(),
    });
    const expected = referenceLlama(raw, TOKENS).flat();
    for (const path of [ours, join(theirs, 'small.bin'), join(theirs, 'small.bin.gz')]) {
      const model = await openLanguageModel(path);
      expect(model.tokenizer).toBeInstanceOf(Llama2cTokenizer);
      expect(await disposed(model, ({ network }) => logitsOf(network))).toEqual(near(expected));
    }
  });

  it('reads GPT-2, with the prefix and the buffers that checkpoints may have', async () => {
    const expected = referenceGpt2(GPT2, TOKENS).flat();
    const bare = writeSafetensors([
      ...GPT2.tensors,
      ['lm_head.weight', GPT2.tensors.get('wte.weight')!] as const,
      ['h.0.attn.bias', { shape: [1], data: new Float32Array(1) }] as const,
    ]);
    for (const more of [{}, { 'model.safetensors': bare }]) {
      const model = await openLanguageModel(await gpt2Folder(more));
      expect(model.tokenizer).toBeInstanceOf(BpeTokenizer);
      expect(await disposed(model, ({ network }) => logitsOf(network))).toEqual(near(expected));
    }
  });

  it('writes what it read, in either family', async () => {
    for (const path of [
      await llamaFolder(),
      await llamaFolder({}, tinyLlama(1, { vocabulary: TOKENIZER_SIZE, tied: false })),
      await gpt2Folder(),
    ]) {
      const model = await openLanguageModel(path);
      const copy = await folder({});
      await saveLanguageModel(model, copy);
      const again = await openLanguageModel(copy);
      expect(logitsOf(again.network)).toEqual(logitsOf(model.network));
      expect(again.network.config).toEqual(model.network.config);
      expect(again.tokenizer.encode('the cat')).toEqual(model.tokenizer.encode('the cat'));
      extendDecoder(model.network, { head: 'none', lora: { rank: 2, alpha: 4 } }, 1);
      await expect(saveLanguageModel(model, copy)).rejects.toThrow("has 'lora', which such a folder cannot hold");
      model.network.dispose();
      again.network.dispose();
    }
  });

  const llama = llamaCheckpoint(RAW).config;
  it.each<[string, Record<string, unknown>, string]>([
    ['another architecture', { model_type: 'mamba' }, "model_type 'mamba' is not supported"],
    ['no layers', { num_hidden_layers: 0 }, 'num_hidden_layers must be an integer from 1 to 256'],
    ['a size as text', { hidden_size: '16' }, 'hidden_size must be an integer'],
    ['a huge size', { hidden_size: 1e9 }, 'hidden_size must be an integer from 1 to 16384'],
    ['too much together', { vocab_size: 2e6, hidden_size: 16384, head_dim: 4096 }, 'billion parameters'],
    [
      'heads that do not divide',
      { num_attention_heads: 3, num_key_value_heads: 3, head_dim: undefined },
      '3 attention heads do not divide',
    ],
    [
      'more heads of keys than of queries',
      { num_key_value_heads: 8 },
      'num_key_value_heads must be an integer from 1 to 4',
    ],
    ['another activation', { hidden_act: 'gelu' }, 'hidden_act must be silu'],
    ['stretched positions', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'rope_scaling must be left out'],
    ['biases', { attention_bias: true }, 'attention_bias must not be true'],
    ['heads of another width', { head_dim: 8 }, 'head_dim must be 4'],
    ['a base that is none', { rope_theta: -1 }, 'rope_theta must be a number'],
    ['far more than the weights hold', { vocab_size: 1e6 }, 'and its config.json describes 16'],
    ['sizes that the weights do not have', { intermediate_size: 25 }, 'wrongly shaped'],
    ['more layers than the weights', { num_hidden_layers: 3 }, "missing: 'model.layers.2.input_layernorm.weight'"],
    ['fewer layers than the weights', { num_hidden_layers: 1 }, 'not part of the network'],
    ['a head that the weights lack', { tie_word_embeddings: false }, "missing: 'lm_head.weight'"],
  ])('refuses a config.json with %s', async (_, more, message) => {
    const tensors = tf.memory().numTensors;
    const opened = openLanguageModel(await llamaFolder({ 'config.json': { ...llama, ...more } }));
    await expect(opened).rejects.toThrow(UserError);
    await expect(opened).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('refuses files that are missing, damaged, or do not belong together', async () => {
    const tensors = tf.memory().numTensors;
    const refused = async (path: string, message: string, options = {}) => {
      await expect(openLanguageModel(path, options)).rejects.toThrow(message);
      await expect(openLanguageModel(path, options)).rejects.toThrow(UserError);
    };
    await refused(join(root, 'nothing'), 'There is no ');
    await refused(await folder({}), 'config.json cannot be read (ENOENT)');
    await refused(await folder({ 'config.json': llama }), 'model.safetensors cannot be read (ENOENT)');
    await refused(await llamaFolder({ 'config.json': '{' }), 'holds no JSON');
    await refused(await llamaFolder({ 'model.safetensors': 'x'.repeat(20) }), 'its header claims');
    await refused(
      await llamaFolder({}, tinyLlama(1)),
      `the tokenizer has tokens up to ${TOKENIZER_SIZE - 1}, and the network knows 40`,
    );
    await refused(await gpt2Folder({ 'tokenizer.json': {} }), 'is no tokenizer that can be read');
    const fused = [...GPT2.tensors].map(([name, tensor]) => {
      const wrong = name === 'h.0.attn.c_attn.weight' ? { shape: [tensor.data.length], data: tensor.data } : tensor;
      return [name, wrong] as const;
    });
    await refused(
      await gpt2Folder({ 'model.safetensors': writeSafetensors(fused) }),
      "'h.0.attn.c_attn.weight' is F32 [768], not numbers [16, 48]",
    );
    const packed = await folder({
      'a.bin.gz': 'no gzip',
      'b.bin.gz': gzipSync(new Uint8Array(1e6)),
      'c.bin': llama2cBytes(RAW),
    });
    await refused(join(packed, 'a.bin.gz'), 'cannot be unpacked');
    await refused(join(packed, 'b.bin.gz'), 'cannot be unpacked');
    await refused(join(packed, 'c.bin'), 'tokenizer.bin cannot be read (ENOENT)');
    await refused(join(packed, 'c.bin'), 'cannot be read (ENOENT)', { tokenizer: join(packed, 'other.bin') });
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
