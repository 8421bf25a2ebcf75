/** The building blocks against values worked out by hand. */
import { tf } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { useCpuBackend, wavy } from '../../test/testing.ts';
import { batchNorm } from './batch-norm.ts';
import { convolution, depthwiseConvolution, fullyConnected } from './convolution.ts';
import { dropout } from './dropout.ts';
import { averagedConvolutionHead } from './heads.ts';
import { Initialiser } from './initialiser.ts';
import type { Layer } from './layer.ts';
import { concatenate, pure, residual } from './layer.ts';
import { averagePool3x3, maxPool } from './pooling.ts';

await useCpuBackend();

const map = (rows: number[][]): tf.Tensor4D => tf.tensor4d(rows.flat(), [1, rows.length, rows[0]!.length, 1]);
const values = (x: tf.Tensor): number[] => [...x.dataSync()];
const set = (layer: Layer, name: string, data: number[]): void => {
  const { variable } = layer.parameters.find((parameter) => parameter.name === name)!;
  variable.assign(tf.tensor(data, variable.shape));
};

describe('batchNorm', () => {
  const x = tf.tensor4d([1, 10, 3, 30, 5, 50, 7, 70], [2, 2, 1, 2]);

  it('normalises by the batch in training and lets the moving statistics follow', () => {
    const layer = batchNorm(new Initialiser(1), 'bn', 2, 0);
    set(layer, 'bn.weight', [2, 1]);
    set(layer, 'bn.bias', [0, 5]);
    const y = values(layer.apply(x, true));
    // Channel 0 is 1, 3, 5, 7: mean 4, variance 5 (by n), 20/3 (by n - 1).
    const unit = 1 / Math.sqrt(5);
    expect(y.filter((_, i) => i % 2 === 0)).toEqual([-3, -1, 1, 3].map((v) => expect.closeTo(2 * v * unit, 5)));
    expect(y.filter((_, i) => i % 2 === 1)).toEqual([-3, -1, 1, 3].map((v) => expect.closeTo(v * unit + 5, 5)));
    const [, , mean, variance] = layer.parameters;
    expect(values(mean!.variable)[0]).toBeCloseTo(0.1 * 4, 5);
    expect(values(variance!.variable)[0]).toBeCloseTo(0.9 + (0.1 * 20) / 3, 5);
  });

  it.each([
    ['outside training', false, true],
    ['in training when its scale is frozen', true, false],
  ])('uses the moving statistics and leaves them alone %s', (_, training, trainable) => {
    const layer = batchNorm(new Initialiser(1), 'bn', 2, 0);
    set(layer, 'bn.running_mean', [1, 10]);
    set(layer, 'bn.running_var', [4, 100]);
    layer.parameters[0]!.variable.trainable = trainable;
    const y = values(layer.apply(x, training));
    expect(y).toEqual([0, 0, 1, 2, 2, 4, 3, 6].map((v) => expect.closeTo(v, 5)));
    expect(values(layer.parameters[2]!.variable)).toEqual([1, 10]);
    expect(values(layer.parameters[3]!.variable)).toEqual([4, 100]);
  });

  it('has the gradient of the finite differences in training', () => {
    const layer = batchNorm(new Initialiser(1), 'bn', 2, 0.1);
    const input = wavy<tf.Rank.R4>([3, 2, 2, 2]);
    const weights = tf.square(tf.mul(wavy([3, 2, 2, 2]), 3));
    const loss = (a: tf.Tensor) => tf.sum(tf.mul(layer.apply(a as tf.Tensor4D, true), weights)) as tf.Scalar;
    const gradient = values(tf.grad(loss)(input));
    const data = values(input);
    for (const i of [0, 5, 22]) {
      const shifted = (by: number) =>
        loss(
          tf.tensor4d(
            data.map((v, j) => (i === j ? v + by : v)),
            [3, 2, 2, 2],
          ),
        ).dataSync()[0]!;
      expect(gradient[i]).toBeCloseTo((shifted(0.01) - shifted(-0.01)) / 0.02, 1);
    }
  });
});

describe('maxPool', () => {
  const x = map([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
    [13, 14, 15, 16],
  ]);

  it('rounds down, or up as Caffe does, or pads each side by values that never win', () => {
    expect(values(maxPool({ size: 3, stride: 2, edges: 'floor' }).apply(x, false))).toEqual([11]);
    expect(values(maxPool({ size: 3, stride: 2, edges: 'ceil' }).apply(x, false))).toEqual([11, 12, 15, 16]);
    expect(values(maxPool({ size: 3, stride: 2, edges: 1 }).apply(tf.neg(x), false))).toEqual([-1, -2, -5, -6]);
  });

  it('is the same in both roundings where whole windows cover the map', () => {
    const odd = map(Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => Math.sin(5 * i + j))));
    const pooled = (['floor', 'ceil'] as const).map((edges) =>
      values(maxPool({ size: 3, stride: 2, edges }).apply(odd, false)),
    );
    expect(pooled[0]).toHaveLength(4);
    expect(pooled[1]).toEqual(pooled[0]);
  });
});

it('averagePool3x3 counts the edges as zeros', () => {
  const y = values(
    averagePool3x3.apply(
      map([
        [9, 9],
        [9, 9],
      ]),
      false,
    ),
  );
  expect(y).toEqual([4, 4, 4, 4]);
});

describe('convolution', () => {
  const x = map([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]);

  it('pads rows and columns by themselves', () => {
    const layer = convolution(new Initialiser(1), 'c', 1, 1, { kernel: [1, 3], padding: [0, 1], bias: true });
    set(layer, 'c.weight', [1, 1, 1]);
    set(layer, 'c.bias', [100]);
    expect(values(layer.apply(x, false))).toEqual([103, 106, 105, 109, 115, 111, 115, 124, 117]);
  });

  it('filters each channel by itself when depthwise', () => {
    const layer = depthwiseConvolution(new Initialiser(1), 'd', 2, { kernel: 1, stride: 2, padding: 'same' });
    set(layer, 'd.weight', [10, 100]);
    const y = layer.apply(tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]), false);
    expect(values(y)).toEqual([10, 200]);
  });

  it('flattens rows, columns, channels in that order when fully connected', () => {
    const layer = fullyConnected(new Initialiser(1), 'f', 4, 1);
    set(layer, 'f.weight', [1, 10, 100, 1000]);
    const y = layer.apply(tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]), false);
    expect(y.shape).toEqual([1, 1, 1, 1]);
    expect(values(y)).toEqual([4321]);
  });
});

it('residual adds the input or its projection; concatenate joins channels', () => {
  const x = map([[1, 2]]);
  const ten = pure((v) => tf.mul(v, 10));
  expect(values(residual(ten).apply(x, false))).toEqual([11, 22]);
  expect(values(residual(ten, ten).apply(x, false))).toEqual([20, 40]);
  const joined = concatenate(
    ten,
    pure((v) => v),
  ).apply(x, false);
  expect(joined.shape).toEqual([1, 1, 2, 2]);
  expect(values(joined)).toEqual([10, 1, 20, 2]);
});

it('dropout acts in training only, and keeps the mean', () => {
  const x = tf.ones<tf.Rank.R4>([1, 100, 100, 1]);
  expect(values(dropout(0.5).apply(x, false)).every((v) => v === 1)).toBe(true);
  const dropped = values(dropout(0.5).apply(x, true));
  expect(new Set(dropped)).toEqual(new Set([0, 2]));
  expect(dropped.reduce((sum, v) => sum + v, 0) / dropped.length).toBeCloseTo(1, 0.9);
});

it("SqueezeNet's own head rectifies each place before it averages, the padding included", () => {
  const head = averagedConvolutionHead(new Initialiser(undefined), 1, 2, 2);
  const [weight, bias] = head.parameters;
  weight!.variable.assign(tf.tensor([1, -1], [1, 1, 1, 2]));
  bias!.variable.assign(tf.tensor([0, 3], [2]));
  const features = head.features(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), false, undefined);
  expect(head.featureSize).toBe(4);
  const logits = values(head.logits(features, false));
  // A 2 x 2 map padded to 4 x 4: twelve places hold the bias alone.
  expect(logits[0]).toBeCloseTo((1 + 2 + 3 + 4) / 16, 6);
  expect(logits[1]).toBeCloseTo((2 + 1 + 0 + 0 + 12 * 3) / 16, 6);
});

describe('Initialiser', () => {
  it('draws He and Glorot weights of the right spread', () => {
    const init = new Initialiser(5);
    const spread = (data: number[]) => Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);
    const dense = values(init.parameter('a', 'weight', [3, 3, 50, 40], 'he').variable);
    expect(spread(dense) / Math.sqrt(2 / 450)).toBeCloseTo(1, 1);
    const depthwise = values(init.parameter('b', 'weight', [3, 3, 2000, 1], 'he').variable);
    expect(spread(depthwise) / Math.sqrt(2 / 9)).toBeCloseTo(1, 1);
    const glorot = values(init.parameter('c', 'weight', [300, 100], 'glorot').variable);
    expect(Math.max(...glorot)).toBeLessThan(Math.sqrt(6 / 400));
    expect(spread(glorot) / Math.sqrt(2 / 400)).toBeCloseTo(1, 1);
  });
});
