/** Every plan of core trains an encoder, on the engine, and moves what it says. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Network } from '@attune/core';
import {
  fit,
  isUserError,
  movedGroups,
  movingParameters,
  namedPlan,
  needsSource,
  selectBackend,
  tf,
} from '@attune/core';
import { readLora, saveLora } from '@attune/zoo/node';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, opinions, TINY_BERT } from '../../test/tiny-bert.ts';
import { textSource } from '../text/source.ts';
import { loadEncoder } from './checkpoint.ts';
import type { EncoderNetwork } from './encoder-network.ts';
import { extendEncoder } from './extend-encoder.ts';

const networks: EncoderNetwork[] = [];
beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});
afterEach(() => {
  for (const network of networks.splice(0)) network.dispose();
});

async function open(classes = 2) {
  const loaded = await loadEncoder(TINY_BERT, { classes, seed: 1 });
  networks.push(loaded.network);
  return loaded;
}

const values = async (network: Network) =>
  new Map(
    await Promise.all(
      [...network.parameters].map(async ([name, { variable }]) => [name, (await variable.data()).join()] as const),
    ),
  );

describe('an encoder', () => {
  it.each([
    'linear-probe',
    'full',
    'discriminative',
    'gradual',
    'probe-then-full',
    'l2-sp',
    'delta',
    'distill',
    'wise',
    'auto-rgn',
    'last-2',
    'lora',
    'adapters',
    'bitfit',
  ])('is trained by the plan %s', async (name) => {
    const plan = namedPlan(name);
    const { network, tokenizer } = await open();
    const source = needsSource(plan.held) ? (await open(3)).network : undefined;
    extendEncoder(network, plan.added, 1);
    const before = await values(network);
    const encoded = (count: number, seed: number) => tokenizer.encodeExamples(opinions(count, seed), { maxTokens: 64 });
    const { best } = await fit({
      network,
      source,
      plan,
      train: textSource(encoded(96, 1), { shuffle: true, buckets: [16] }),
      validation: textSource(encoded(60, 2), { buckets: [16] }),
      // Gradual unfreezing comes down to the embeddings in the fifth.
      epochs: 6,
      batchSize: 16,
      learningRate: 5e-3,
      seed: 1,
    });
    expect(best['validation/accuracy']).toBeGreaterThan(0.85);
    const after = await values(network);
    const may = new Set(
      movingParameters(network, movedGroups(plan.moved, network), plan.moved.only).map((p) => p.name),
    );
    for (const parameter of after.keys())
      if (!may.has(parameter)) expect(after.get(parameter), parameter).toBe(before.get(parameter));
    // Keys have no say in softmax's shift, so their biases' gradients are nothing but rounding.
    const moved = [...may].filter((parameter) => after.get(parameter) !== before.get(parameter));
    const still = [...may].filter((parameter) => !moved.includes(parameter) && !/key.bias/.test(parameter));
    expect(still).toEqual([]);
  });

  it('has LoRA beside queries and values, which is saved alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'attune-'));
    const { network, tokenizer } = await open();
    const lora = extendEncoder(network, namedPlan('lora').added, 1)!;
    const added = network.layerGroups.find(({ name }) => name === 'lora')!.parameters;
    expect(added).toHaveLength(2 * 2 * 2);
    for (const name of added) expect(name).toMatch(/^layer\.\d\.attention\.(query|value)\.weight\.lora_[ab]$/);
    for (const name of added) {
      const { variable } = network.parameters.get(name)!;
      tf.tidy(() => variable.assign(tf.fill(variable.shape, 0.1)));
    }
    const file = join(folder, 'lora.safetensors');
    await saveLora(lora, file);
    expect((await stat(file)).size).toBeLessThan(8000);
    const other = await open();
    await readLora(extendEncoder(other.network, namedPlan('lora').added, 2)!, file);
    const inputs = batchOf(tokenizer.encodeExamples(opinions(4, 1), { maxTokens: 64 }));
    const logits = (net: Network) => [...net.apply(inputs).dataSync()];
    expect(logits(other.network)).toEqual(logits(network));
    await rm(folder, { recursive: true });
  });

  it('has adapters behind the two parts of every layer, and none elsewhere', async () => {
    const { network } = await open();
    extendEncoder(network, namedPlan('adapters').added, 1);
    const places = network.layerGroups
      .find(({ name }) => name === 'adapters')!
      .parameters.map((p) => p.split('.adapter')[0]);
    expect([...new Set(places)]).toEqual(['layer.0.attention', 'layer.0.inner', 'layer.1.attention', 'layer.1.inner']);
  });

  it('refuses a module, and places that it lacks', async () => {
    const { network } = await open();
    for (const [added, message] of [
      [namedPlan('modular').added, 'A module stands beside networks for images'],
      [{ head: 'new', adapters: { reduction: 4, after: ['layer.7'] } }, "has no layer called 'layer.7'"],
      [{ head: 'new', cut: 'layer.2' }, "has no layer called 'layer.2'"],
      [{ head: 'new', lora: { rank: 40, alpha: 1 } }, 'LoRA of rank 40 is wider'],
    ] as const) {
      const failure = (() => {
        try {
          return extendEncoder(network, added, 0);
        } catch (error) {
          return error;
        }
      })();
      expect(isUserError(failure)).toBe(true);
      expect((failure as Error).message).toContain(message);
    }
  });
});
