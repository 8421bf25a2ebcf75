/** Each form of a convolution and of its gradients, at a shape that selects it, against tfjs's cpu backend. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileStep } from '../capture/compile-step.ts';
import { useOnnx } from '../testing.ts';

interface Case {
  readonly batch?: number;
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly pad?: 'same' | 'valid' | number;
}

/** Value and gradients of a convolution with bias and ReLU; the loss weighs every output differently. */
function results({ batch = 2, size, from, to, kernel = 3, stride = 1, pad = 'same' }: Case): number[][] {
  return tf.tidy(() => {
    const x = tf.randomNormal([batch, size, size, from], 0, 1, 'float32', 1);
    const filter = tf.randomNormal([kernel, kernel, from, to], 0, 0.1, 'float32', 2);
    const bias = tf.randomNormal([to], 0, 0.1, 'float32', 3);
    const forward = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
      tf.relu(tf.add(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad), c));
    const y = forward(x, filter, bias);
    const weights = tf.randomNormal(y.shape, 0, 1, 'float32', 4);
    const gradients = tf.grads((a, b, c) => tf.sum(tf.mul(forward(a!, b!, c!), weights)))([x, filter, bias]);
    return [y, ...gradients].map((t) => [...t.dataSync()]);
  });
}

const cases: Record<string, Case> = {
  'blocked, and turned for the input': { size: 8, from: 16, to: 32 },
  'blocked with few input channels': { size: 8, from: 3, to: 16 },
  'blocked with a stride': { size: 9, from: 32, to: 16, stride: 2 },
  'blocked, 5 x 5, valid': { size: 9, from: 16, to: 16, kernel: 5, pad: 'valid' },
  'blocked with explicit padding': { size: 7, from: 16, to: 16, pad: 2 },
  'channels that fill no block': { size: 7, from: 5, to: 6 },
  'a product over the batch for small images': { batch: 3, size: 3, from: 128, to: 32 },
  'a product over the batch for small images with a stride': { batch: 3, size: 6, from: 128, to: 32, stride: 2 },
  'products over the batch for the gradient of the input': { batch: 3, size: 6, from: 128, to: 48 },
  'shifted products on one image': { batch: 1, size: 12, from: 4, to: 8 },
  'shifted products, 7 x 7': { size: 14, from: 2, to: 3, kernel: 7 },
  points: { size: 6, from: 16, to: 16, kernel: 1 },
  'points with a stride': { size: 6, from: 8, to: 16, kernel: 1, stride: 2 },
  'windows that leave rows over': { size: 8, from: 4, to: 4, stride: 3, pad: 'valid' },
};

describe('convolution with bias and ReLU', () => {
  const expected = new Map<string, number[][]>();
  beforeAll(async () => {
    await tf.setBackend('cpu');
    for (const [name, example] of Object.entries(cases)) expected.set(name, results(example));
    await useOnnx();
  });

  for (const [name, example] of Object.entries(cases)) {
    it(name, () => {
      for (const [i, values] of results(example).entries()) {
        const reference = expected.get(name)![i]!;
        expect(values.length).toBe(reference.length);
        const scale = Math.max(...reference.map(Math.abs));
        for (const [j, value] of values.entries())
          expect(Math.abs(value - reference[j]!)).toBeLessThan(2e-5 * (scale + 1));
      }
    });
  }

  it('is computed once even where the value before ReLU is wanted too', () => {
    const x = tf.randomNormal([2, 8, 8, 16], 0, 1, 'float32', 1) as tf.Tensor4D;
    const filter = tf.variable(tf.randomNormal([3, 3, 16, 16], 0, 0.1, 'float32', 2)) as unknown as tf.Tensor4D;
    const step = compileStep((input: tf.Tensor) => {
      const before = tf.add(tf.conv2d(input as tf.Tensor4D, filter, 1, 'same'), tf.ones([16]));
      return [before, tf.relu(before)];
    });
    const [before, after] = step.runSync(x).map((t) => [...t.dataSync()]) as [number[], number[]];
    expect(after).toEqual(before.map((v) => Math.max(v, 0)));
    expect(Math.min(...before)).toBeLessThan(0);
  });

  it('is folded with batch normalisation where both are frozen', () => {
    const frozen = (shape: number[], seed: number) =>
      tf.variable(tf.abs(tf.randomNormal(shape, 1, 0.1, 'float32', seed)), false) as unknown as tf.Tensor;
    const filter = frozen([3, 3, 4, 8], 1) as tf.Tensor4D;
    const [mean, variance, offset, scale] = [2, 3, 4, 5].map((seed) => frozen([8], seed) as tf.Tensor1D);
    const forward = (input: tf.Tensor) =>
      tf.batchNorm(tf.conv2d(input as tf.Tensor4D, filter, 1, 'same'), mean!, variance!, offset!, scale!, 1e-3);
    const x = tf.randomNormal([2, 6, 6, 4], 0, 1, 'float32', 6);
    const direct = [...forward(x).dataSync()];
    const captured = [...compileStep(forward).runSync(x).dataSync()];
    for (const [i, value] of captured.entries()) expect(value).toBeCloseTo(direct[i]!, 3);
  });
});
