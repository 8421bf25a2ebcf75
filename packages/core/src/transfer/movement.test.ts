/** Plans that move a part of a network only, in the training loop itself. */
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { toySource } from '../../test/toy-task.ts';
import { tf } from '../tensorflow.ts';
import { fit } from '../train/fit.ts';
import { addAdapters } from './added/adapters.ts';
import { Lora } from './added/lora.ts';
import { movedGroups } from './movement.ts';
import { namedPlan } from './named-plans.ts';
import type { TransferPlan } from './plan.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Names of the parameters that an epoch of training changes. */
async function movedBy(network: TinyNetwork, plan: TransferPlan): Promise<string[]> {
  const values = () =>
    new Map([...network.parameters].map(([name, { variable }]) => [name, [...variable.dataSync()].join()]));
  const before = values();
  const settings = { epochs: 1, batchSize: 8, learningRate: 0.05, seed: 7 };
  const result = await fit({ network, plan, train: toySource(22, 1, true), ...settings });
  const moved = [...values()].filter(([name, value]) => before.get(name) !== value).map(([name]) => name);
  const size = moved.reduce((sum, name) => sum + network.parameters.get(name)!.variable.size, 0);
  // Statistics are no trained parameters.
  if (!moved.some((name) => /mean|variance/.test(name))) expect(result.best['charts/trainable_parameters']).toBe(size);
  return moved;
}

describe('what moves in an epoch', () => {
  it('bitfit: biases, shifts of normalisations and the head; no scale, no statistic', async () => {
    const moved = await movedBy(new TinyNetwork(3, 0), namedPlan('bitfit'));
    expect(moved.sort()).toEqual(['body.bias', 'head.bias', 'head.weight', 'stem.norm.shift']);
  });

  it('surgical: one group, its statistics too, and the head', async () => {
    expect(await movedBy(new TinyNetwork(3, 0), namedPlan('surgical-stem'))).toEqual([
      'stem.weight',
      'stem.norm.scale',
      'stem.norm.shift',
      'stem.norm.mean',
      'stem.norm.variance',
      'head.weight',
      'head.bias',
    ]);
  });

  it('lora: A, B and the head', async () => {
    const network = new TinyNetwork(3, 0);
    new Lora(network, { rank: 2, alpha: 4 }, 0);
    expect((await movedBy(network, namedPlan('lora'))).sort()).toEqual([
      'body.weight.lora_a',
      'body.weight.lora_b',
      'head.bias',
      'head.weight',
      'stem.weight.lora_a',
      'stem.weight.lora_b',
    ]);
  });

  it('adapters: the adapters and the head', async () => {
    const network = new TinyNetwork(3, 0);
    addAdapters(network, { reduction: 4 }, 0);
    expect((await movedBy(network, namedPlan('adapters'))).sort()).toEqual([
      'head.bias',
      'head.weight',
      'stem.adapter.down.bias',
      'stem.adapter.down.weight',
      'stem.adapter.up.bias',
      'stem.adapter.up.weight',
    ]);
  });
});

it('a plan that moves what is added needs something added', () => {
  expect(() => movedGroups(namedPlan('lora').moved, new TinyNetwork(3, 0))).toThrow(
    'The plan moves what is added to tiny, and adds nothing but a head. Add LoRA, adapters or a module',
  );
});
