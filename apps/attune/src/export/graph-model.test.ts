/** Exported models give what the network gives, when others run them. */
import type { Added } from '@attune/core';
import { Random, selectBackend, tf } from '@attune/core';
import { createNetwork, extendNetwork } from '@attune/zoo';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { beforeAll, describe, expect, it } from 'vitest';
import { graphModel, INPUT_NAME, OUTPUT_NAME } from './graph-model.ts';
import { recordGraph } from './record-graph.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});

describe('graphModel', () => {
  it.each<[name: string, size: number, added?: Omit<Added, 'head'>]>([
    ['shapes_cnn', 16],
    ['squeezenet1_0', 48],
    ['mobilenet_v2_035', 32],
    ['resnet18', 32],
    ['inception_v3', 75],
    ['squeezenet1_0', 48, { cut: 'fire5', module: { width: 2 } }],
    ['shapes_cnn', 16, { adapters: { reduction: 4 }, module: { width: 2 } }],
  ])('of %s gives the same logits in tf.loadGraphModel, for any batch', async (name, size, added = {}) => {
    const source = createNetwork(name, { classes: 4, size, seed: 3, head: 'published' });
    const { network } = extendNetwork(source, { head: 'new', ...added }, 3);
    const { topology, signature, weightSpecs, weightData } = await graphModel(network);
    const model = await loadGraphModel({
      load: async () => ({
        modelTopology: topology,
        signature,
        weightSpecs: weightSpecs.map((spec) => ({ ...spec, shape: [...spec.shape] })),
        weightData: new Uint8Array(weightData).buffer,
        format: 'graph-model',
      }),
    });
    expect(tf.getBackend()).toBe('onnx');
    for (const batch of [1, 4]) {
      const random = Random.fromSeed(batch);
      const values = Float32Array.from({ length: batch * size * size * 3 }, () => random.normal());
      const images = tf.tensor4d(values, [batch, size, size, 3]);
      const expected = await network.apply(images).data();
      const output = model.execute({ [INPUT_NAME]: images }, OUTPUT_NAME) as tf.Tensor;
      expect(output.shape).toEqual([batch, 4]);
      const scale = Math.max(...expected.map(Math.abs));
      const worst = Math.max(...(await output.data()).map((value, i) => Math.abs(value - expected[i]!)));
      expect(scale).toBeGreaterThan(0);
      expect(worst / scale).toBeLessThan(1e-5);
    }
    model.dispose();
    network.dispose();
  });
});

describe('recordGraph', () => {
  it('gives back the backend that was current, also when the function fails', async () => {
    await expect(recordGraph((x) => tf.tanh(x), [1, 2, 2, 1])).rejects.toThrow(/Tanh/);
    expect(tf.getBackend()).toBe('onnx');
    await expect(tf.add(1, 1).data()).resolves.toEqual(Float32Array.of(2));
  });
});
