/** llama2.c's model files: read, written to the same bytes, and refused where they are not what they say. */
import { selectBackend, tf, UserError } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { llama2cBytes, tinyLlama } from '../../test/tiny-decoder.ts';
import { DecoderNetwork } from './decoder-network.ts';
import { extendDecoder } from './extend-decoder.ts';
import { readLlama2c, writeLlama2c } from './llama2c-file.ts';

beforeAll(async () => void (await selectBackend({ prefer: 'cpu' })));

describe('llama2.c files', () => {
  it.each<[string, Parameters<typeof tinyLlama>[1] & object]>([
    ['tied', { tied: true }],
    ['with a head of its own', { tied: false }],
    ['one head of keys', { keyHeads: 1 }],
    ['heads of two values', { heads: 8, keyHeads: 8 }],
  ])('are written as they were read: %s', async (_, sizes) => {
    const bytes = llama2cBytes(tinyLlama(1, sizes));
    const network = readLlama2c(bytes, 'tiny');
    expect(network.tied).toBe(sizes.tied ?? true);
    expect(Buffer.compare(await writeLlama2c(network), bytes)).toBe(0);
    network.dispose();
  });

  it('may begin anywhere in memory', () => {
    const bytes = llama2cBytes(tinyLlama(1));
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const network = readLlama2c(shifted.subarray(1), 'tiny');
    expect(network.parameters.get('head.norm.weight')!.variable.dataSync()[0]).toBeCloseTo(
      tinyLlama(1).values.rmsLast[0]![0]!,
      6,
    );
  });

  it.each<[string, (bytes: Uint8Array<ArrayBuffer>, view: DataView) => Uint8Array | undefined, string]>([
    ['nothing', () => new Uint8Array(), '0 bytes are too few'],
    ['half a header', (bytes) => bytes.subarray(0, 27), '27 bytes are too few'],
    ['a byte less', (bytes) => bytes.subarray(0, -1), 'its header asks for'],
    ['a byte more', (bytes) => Uint8Array.of(...bytes, 0), 'its header asks for'],
    ['no layers', (_, view) => void view.setInt32(8, 0, true), 'the number of layers is 0'],
    ['layers below zero', (_, view) => void view.setInt32(8, -5, true), 'the number of layers is -5'],
    ['a huge size', (_, view) => void view.setInt32(0, 2 ** 31 - 1, true), 'the vector of a token is 2147483647'],
    ['heads that do not divide', (_, view) => void view.setInt32(12, 5, true), '5 attention heads do not divide'],
    ['heads of keys that do not divide', (_, view) => void view.setInt32(16, 3, true), '3 heads of keys do not divide'],
    [
      'heads of one value',
      (_, view) => {
        view.setInt32(12, 16, true);
        view.setInt32(16, 16, true);
        return undefined;
      },
      'heads of 1 values cannot be turned',
    ],
    ['no tokens', (_, view) => void view.setInt32(20, 0, true), 'the vocabulary is 0'],
    [
      'the least number of tokens there is',
      (_, view) => void view.setInt32(20, -(2 ** 31), true),
      'the vocabulary is 2147483648',
    ],
    ['a huge context', (_, view) => void view.setInt32(24, 2 ** 30, true), 'the context is'],
    [
      'all at their limits',
      (_, view) => {
        for (const [i, size] of [16384, 65536, 256, 1, 1, 2e6, 1048576].entries()) view.setInt32(4 * i, size, true);
        return undefined;
      },
      'billion parameters',
    ],
    [
      'a number that is none',
      (_, view) => void view.setFloat32(28 + 4 * 7, Number.NaN, true),
      'number 7 of embeddings.token.weight is NaN',
    ],
    [
      'a number without end',
      (_, view) => void view.setFloat32(28 + 4 * 40 * 16, Infinity, true),
      'layer.0.attention.norm.weight is Infinity',
    ],
  ])('with %s are refused', (_, spoil, message) => {
    const bytes = llama2cBytes(tinyLlama(1));
    const tensors = tf.memory().numTensors;
    const spoilt = spoil(bytes, new DataView(bytes.buffer)) ?? bytes;
    expect(() => readLlama2c(spoilt, 'file.bin')).toThrow(UserError);
    expect(() => readLlama2c(spoilt, 'file.bin')).toThrow(message);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('are not written of what they cannot say', async () => {
    const network = readLlama2c(llama2cBytes(tinyLlama(1)), 'tiny');
    extendDecoder(network, { head: 'none', lora: { rank: 2, alpha: 4 } }, 1);
    await expect(writeLlama2c(network)).rejects.toThrow('parameters that were added');
    const { config } = network;
    const write = (more: object) =>
      writeLlama2c(new DecoderNetwork({ name: 'other', config: { ...config, ...more }, seed: 1 }));
    await expect(write({ epsilon: 1e-6 })).rejects.toThrow('an epsilon of 0.000001');
    await expect(write({ rotaryBase: 500000 })).rejects.toThrow('base 500000');
    await expect(write({ family: 'gpt2', keyHeads: 4 })).rejects.toThrow('of the family gpt2');
  });
});
