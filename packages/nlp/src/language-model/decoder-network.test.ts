/** Decoders against plain loops, and as `Network`s. */
import type { TransferPlan } from '@attune/core';
import {
  Lora,
  movedGroups,
  movingParameters,
  namedPlan,
  selectBackend,
  tapShapes,
  tf,
  trainableParameters,
} from '@attune/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { referenceGpt2, referenceLlama } from '../../test/reference-decoder.ts';
import { llama2cBytes, tinyGpt2, tinyLlama } from '../../test/tiny-decoder.ts';
import { openTensors } from './checkpoint-names.ts';
import { parseDecoderConfig } from './config.ts';
import { DecoderNetwork } from './decoder-network.ts';
import { extendDecoder } from './extend-decoder.ts';
import { TokenByToken } from './generate.ts';
import { readLlama2c } from './llama2c-file.ts';

const TOKENS = [3, 17, 0, 39, 17, 5, 21];
const near = (values: readonly number[], digits = 4) => values.map((value) => expect.closeTo(value, digits));
const batch = (...rows: number[][]) => tf.tensor2d(rows.flat(), [rows.length, rows[0]!.length], 'int32');
const logitsOf = (network: DecoderNetwork, ...rows: number[][]) => [...network.apply(batch(...rows)).dataSync()];

const gpt2 = tinyGpt2(2);
function openGpt2(): DecoderNetwork {
  const tensors = new Map([...gpt2.tensors].map(([name, tensor]) => [name, { dtype: 'F32' as const, ...tensor }]));
  return openTensors(tensors, parseDecoderConfig(gpt2.config, 'the config'), 'tiny', 'the tensors');
}
const FAMILIES = {
  llama: {
    open: () => readLlama2c(llama2cBytes(tinyLlama(1)), 'tiny'),
    reference: (t: number[]) => referenceLlama(tinyLlama(1), t),
  },
  untied: {
    open: () => readLlama2c(llama2cBytes(tinyLlama(1, { tied: false })), 'tiny'),
    reference: (t: number[]) => referenceLlama(tinyLlama(1, { tied: false }), t),
  },
  gpt2: { open: openGpt2, reference: (t: number[]) => referenceGpt2(gpt2, t) },
} as const;

/** Something to be told from zero in every product and adapter. */
function stir(network: DecoderNetwork): void {
  let seed = 0;
  for (const { name, variable } of network.parameters.values())
    if (/lora_b$|adapter\.up\.weight$/.test(name))
      tf.tidy(() => variable.assign(tf.randomNormal(variable.shape, 0, 0.3, 'float32', ++seed)));
}

describe.each(['cpu', 'onnx'])('decoders on %s', (backend) => {
  beforeEach(async () => void (await selectBackend({ prefer: backend })));

  describe.each(Object.entries(FAMILIES))('%s', (_, { open, reference }) => {
    it('computes what the weights say, each sequence by itself', () => {
      const network = open();
      const other = [...TOKENS].reverse();
      const expected = [TOKENS, other].flatMap((tokens) => reference(tokens).flat());
      expect(logitsOf(network, TOKENS, other)).toEqual(near(expected));
      network.dispose();
    });

    it('goes on token by token to the same logits, with LoRA and adapters too', async () => {
      const network = open();
      for (const added of [
        { head: 'none' },
        { head: 'none', lora: { rank: 2, alpha: 4 }, adapters: { reduction: 4 } },
      ] as const) {
        extendDecoder(network, added, 1);
        stir(network);
        const expected = logitsOf(network, TOKENS);
        const going = new TokenByToken(network, 9);
        const actual: number[] = [];
        for (const token of TOKENS) actual.push(...(await going.next(token)));
        expect(actual).toEqual(near(expected));
        going.dispose();
      }
      network.dispose();
    });
  });
});

describe('a decoder as a network', () => {
  beforeEach(async () => void (await selectBackend({ prefer: 'onnx' })));

  it('has groups by depth, taps, and features of every token', () => {
    const network = FAMILIES.llama.open();
    expect(network.layerGroups.map(({ name }) => name)).toEqual(['embeddings', 'layer.0', 'layer.1', 'head']);
    expect(network.layerGroups.at(-1)!.parameters).toEqual(['head.norm.weight']);
    expect(FAMILIES.untied.open().layerGroups.at(-1)!.parameters).toEqual(['head.norm.weight', 'head.weight']);
    expect(tapShapes(network, network.taps)).toEqual({ embeddings: [4, 16], 'layer.0': [4, 16], 'layer.1': [4, 16] });
    const { features, logits, taps } = network.run(batch(TOKENS, TOKENS), { taps: ['layer.0'] });
    expect([features.shape, logits.shape]).toEqual([
      [14, 16],
      [14, 40],
    ]);
    expect([...network.head(features).dataSync()]).toEqual([...logits.dataSync()]);
    expect([...network.apply(taps['layer.0']!, { from: 'layer.0' }).dataSync()]).toEqual([...logits.dataSync()]);
  });

  it('sees nothing that comes later', () => {
    for (const { open } of [FAMILIES.llama, FAMILIES.gpt2]) {
      const network = open();
      const [short, long] = [logitsOf(network, TOKENS.slice(0, 4)), logitsOf(network, TOKENS)];
      expect(short).toEqual(near(long.slice(0, short.length), 5));
    }
  });

  it('refuses sequences that its context does not hold', () => {
    const network = FAMILIES.llama.open();
    expect(() => network.apply(tf.zeros([1, 13], 'int32'))).toThrow('sequences of 13 tokens, and the context is 12');
    expect(() => new TokenByToken(network, 13)).toThrow('the context is 12');
  });

  it('is cut, and takes a new head, which is tied to nothing', () => {
    const network = FAMILIES.llama.open();
    const tensors = tf.memory().numTensors;
    network.cutAt('layer.0', 3);
    expect([network.tied, network.classes, network.taps.at(-1)]).toEqual([false, 40, 'layer.0']);
    network.resetHead(3, 1);
    expect(network.apply(batch(TOKENS)).shape).toEqual([7, 3]);
    network.dispose();
    expect(tf.memory().numTensors).toBeLessThan(tensors);
  });

  it.each<[string, string, number]>([
    ['full', 'llama', 20],
    ['bitfit', 'gpt2', 18],
    ['linear-probe', 'llama', 1],
    ['lora', 'llama', 9],
    ['lora', 'gpt2', 10],
    ['adapters', 'llama', 9],
    ['last-2', 'untied', 11],
  ])('gives %s of %s gradients for all %i parameters that move', (name, family, count) => {
    const network = FAMILIES[family as 'llama'].open();
    const plan: TransferPlan = namedPlan(name);
    extendDecoder(network, plan.added, 1);
    stir(network);
    const moving = movingParameters(network, movedGroups(plan.moved, network), plan.moved.only);
    expect(moving).toHaveLength(count);
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.square(network.apply(batch(TOKENS), { training: true }))) as tf.Scalar,
      moving.map(({ variable }) => variable),
    );
    // The same added to every key of a query changes no weight.
    for (const { name: parameter, variable } of moving)
      if (!parameter.endsWith('key.bias'))
        expect(tf.sum(tf.abs(grads[variable.name]!)).dataSync()[0], parameter).toBeGreaterThan(0);
  });

  it('puts LoRA beside queries and values by default, beside all dense layers when asked', () => {
    const lora = (targets?: string[]) => {
      const network = FAMILIES.llama.open();
      const added = extendDecoder(
        network,
        { head: 'none', lora: { rank: 2, alpha: 4, ...(targets && { targets }) } },
        1,
      )!;
      expect(added).toBeInstanceOf(Lora);
      return network.layerGroups.find((group) => group.added)!.parameters.length / 2;
    };
    expect(lora()).toBe(4);
    expect(lora(['layer.*'])).toBe(14);
  });

  it('drops values in training alone', () => {
    const config = { ...parseDecoderConfig(gpt2.config, 'the config') };
    const network = new DecoderNetwork({ name: 'fresh', config, seed: 1 });
    expect(config.dropout).toEqual({ embeddings: 0.1, residual: 0.1, attention: 0.1 });
    const outputs = (training: boolean) => [...network.apply(batch(TOKENS), { training }).dataSync()];
    expect(outputs(false)).toEqual(outputs(false));
    expect(outputs(true)).not.toEqual(outputs(true));
    expect(trainableParameters(network)).toHaveLength(network.parameters.size);
  });
});
