import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { Tensor } from 'onnxruntime-common';
import { InferenceSession } from 'onnxruntime-node';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportOnnx } from './export.ts';
import { drawn, useOnnx } from './testing.ts';

beforeEach(async () => {
  await useOnnx();
});

async function outputsOf(
  model: Uint8Array,
  feeds: Record<string, tf.Tensor | Tensor>,
): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(model);
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, t]) => [
      name,
      'dims' in t ? t : new Tensor('float32', t.dataSync() as Float32Array, t.shape),
    ]),
  );
  const result = (await session.run(tensors)) as unknown as Record<string, Tensor>;
  await session.release();
  return result;
}

function expectSame(actual: Tensor, expected: tf.Tensor): void {
  expect(actual.dims).toEqual(expected.shape);
  const values = expected.dataSync();
  for (const [i, value] of (actual.data as Float32Array).entries())
    expect(Math.abs(value - values[i]!)).toBeLessThan(1e-5);
}

describe('exportOnnx', () => {
  const kernel = () => drawn(1, [3, 3, 3, 4]);
  const dense = () => drawn(2, [64, 5]);

  it('writes a network with an open batch that a fresh session runs alike', async () => {
    const [k, d] = [kernel(), dense()];
    const apply = (x: tf.Tensor) => {
      const hidden = tf.maxPool(
        tf.relu(tf.conv2d(x as tf.Tensor4D, k as unknown as tf.Tensor4D, 1, 'same')),
        2,
        2,
        'valid',
      );
      return tf.softmax(tf.matMul(tf.reshape(hidden, [x.shape[0], 64]) as tf.Tensor2D, d as unknown as tf.Tensor2D));
    };
    const model = exportOnnx({ apply }, [{ name: 'images', shape: [null, 8, 8, 3] }], {
      outputNames: ['probabilities'],
      metadata: { classes: 'a,b' },
    });
    for (const batch of [1, 4, 7]) {
      const x = tf.randomNormal([batch, 8, 8, 3], 0, 1, 'float32', batch);
      expectSame((await outputsOf(model, { images: x })).probabilities!, apply(x));
    }
    const session = await InferenceSession.create(model);
    expect(session.inputNames).toEqual(['images']);
    expect(session.outputNames).toEqual(['probabilities']);
    expect(session.inputMetadata[0]).toMatchObject({ type: 'float32', shape: ['batch', 8, 8, 3] });
    expect(session.outputMetadata[0]).toMatchObject({ shape: ['batch', 5] });
  });

  it('takes a model of tfjs-layers', async () => {
    const model = layers.sequential({
      layers: [
        layers.layers.conv2d({ inputShape: [6, 6, 2], filters: 3, kernelSize: 3, activation: 'relu' }),
        layers.layers.batchNormalization(),
        layers.layers.flatten(),
        layers.layers.dropout({ rate: 0.5 }),
        layers.layers.dense({ units: 4, activation: 'softmax' }),
      ],
    });
    const bytes = exportOnnx(model as unknown as { predict(x: tf.Tensor): unknown }, [
      { name: 'x', shape: [null, 6, 6, 2] },
    ]);
    const x = tf.randomNormal([5, 6, 6, 2], 0, 1, 'float32', 1);
    expectSame((await outputsOf(bytes, { x })).output!, model.predict(x) as tf.Tensor);
  });

  it('takes several inputs and gives several outputs', async () => {
    const model = exportOnnx(
      (a, b) => ({ sum: tf.add(a!, b!), difference: tf.sub(a!, b!) }),
      [
        { name: 'a', shape: [2, 3] },
        { name: 'b', shape: [3] },
      ],
    );
    const [a, b] = [tf.ones([2, 3]), tf.tensor1d([1, 2, 3])];
    const outputs = await outputsOf(model, { a, b });
    expectSame(outputs.sum!, tf.add(a, b));
    expectSame(outputs.difference!, tf.sub(a, b));
  });

  it('leaves several dimensions open, reads int64, and computes what is made of their sizes', async () => {
    const [table, positions, matrix] = [drawn(1, [9, 4]), drawn(2, [50, 4]), drawn(3, [4, 4])];
    // A word table, positions cut to the length, heads apart and together again: what an encoder does with its sizes.
    const encode = (ids: tf.Tensor) => {
      const [batch, length] = ids.shape as [number, number];
      const words = tf.reshape(tf.gather(table, tf.reshape(ids, [-1]) as tf.Tensor1D), [batch, length, 4]);
      const placed = tf.add(words, tf.slice(positions, [0, 0], [length, 4]));
      const rows = tf.matMul(tf.reshape(placed, [batch * length, 4]) as tf.Tensor2D, matrix as tf.Tensor2D);
      const heads = tf.transpose(tf.reshape(rows, [batch, length, 2, 2]), [0, 2, 1, 3]);
      const attention = tf.softmax(tf.matMul(heads, heads, false, true));
      const joined = tf.reshape(tf.transpose(tf.matMul(attention, heads), [0, 2, 1, 3]), [batch * length, 4]);
      const all = tf.reshape(joined, [batch, length, 4]);
      return { states: all, first: tf.reshape(tf.slice(all, [0, 0, 0], [batch, 1, 4]), [batch, 4]) };
    };
    const model = exportOnnx((ids) => encode(ids!), [{ name: 'ids', shape: ['texts', 'words'], dtype: 'int64' }]);
    const session = await InferenceSession.create(model);
    expect(session.inputMetadata[0]).toMatchObject({ type: 'int64', shape: ['texts', 'words'] });
    expect(session.outputMetadata).toMatchObject([{ shape: ['texts', 'words', 4] }, { shape: ['texts', 4] }]);
    for (const [batch, length] of [
      [1, 1],
      [2, 7],
      [5, 50],
    ] as const) {
      const values = Int32Array.from({ length: batch * length }, (_, i) => (5 * i + 1) % 9);
      const ids = new Tensor('int64', BigInt64Array.from(values, BigInt), [batch, length]);
      const outputs = await outputsOf(model, { ids });
      const expected = encode(tf.tensor2d(values, [batch, length], 'int32'));
      expectSame(outputs.states!, expected.states);
      expectSame(outputs.first!, expected.first);
    }
  });

  it('refuses training steps, random draws and graphs that fix the batch', () => {
    const v = tf.variable(tf.ones([2]));
    const input = [{ name: 'x', shape: [null, 2] }] as const;
    const assigning = (x?: tf.Tensor) => {
      v.assign(tf.sum(x!, 0));
      return x!;
    };
    expect(() => exportOnnx(assigning, input)).toThrow(/assigns variables/);
    expect(() => exportOnnx((x) => tf.dropout(x!, 0.5), input)).toThrow(/random/);
    expect(() => exportOnnx((x) => tf.add(x!, tf.ones([x!.shape[0]!, 2])), input)).toThrow(/fixes the size of batch/);
  });
});
