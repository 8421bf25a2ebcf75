import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { OnnxBackend } from '../backend.ts';
import { drawn, useOnnx } from '../testing.ts';
import { compileStep } from './compile-step.ts';

let backend: OnnxBackend;
beforeEach(async () => {
  backend = await useOnnx();
});

/** A small CNN: convolution, bias, ReLU, pooling, dense layer. */
function network(seed: number) {
  const weights = [drawn(seed, [3, 3, 2, 4]), drawn(seed + 1, [4], 0.1), drawn(seed + 2, [64, 3])];
  const [kernel, bias, dense] = weights as [tf.Variable, tf.Variable, tf.Variable];
  const apply = (x: tf.Tensor) => {
    const hidden = tf.relu(tf.add(tf.conv2d(x as tf.Tensor4D, kernel as unknown as tf.Tensor4D, 1, 'same'), bias));
    return tf.matMul(
      tf.reshape(tf.maxPool(hidden as tf.Tensor4D, 2, 2, 'valid'), [-1, 64]) as tf.Tensor2D,
      dense as unknown as tf.Tensor2D,
    );
  };
  const loss = (x: tf.Tensor, y: tf.Tensor) =>
    tf.losses.softmaxCrossEntropy(tf.oneHot(y as tf.Tensor1D, 3), apply(x)) as tf.Scalar;
  return { weights, loss };
}

const images = () => tf.randomNormal([4, 8, 8, 2], 0, 1, 'float32', 99);
const labels = () => tf.tensor1d([0, 1, 2, 1], 'int32');

describe('state', () => {
  it('trains like the same code run eagerly, slots of the optimiser included', () => {
    const [captured, eager] = [network(1), network(1)];
    const [a, b] = [tf.train.adam(0.02), tf.train.adam(0.02)];
    const step = compileStep(
      (x: tf.Tensor, y: tf.Tensor) => a.minimize(() => captured.loss(x, y), true, captured.weights)!,
    );
    const [x, y] = [images(), labels()];
    for (let i = 0; i < 6; i++) {
      const [mine] = step.runSync(x, y).dataSync();
      const [theirs] = b.minimize(() => eager.loss(x, y), true, eager.weights)!.dataSync();
      expect(mine).toBeCloseTo(theirs!, 5);
    }
    for (const [i, weight] of captured.weights.entries()) {
      const other = eager.weights[i]!.dataSync();
      for (const [j, value] of weight.dataSync().entries()) expect(value).toBeCloseTo(other[j]!, 4);
    }
    expect(backend.stats()).toMatchObject({ stepTraces: 1, stepRuns: 6 });
  });

  it('leaves variables as they were until it runs, and an array that was read as it was', () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const step = compileStep((x: tf.Tensor) => {
      v.assign(tf.add(v, x));
      return tf.sum(v);
    });
    const one = tf.scalar(1);
    expect(step.runSync(one).dataSync()[0]).toBe(5);
    const seen = v.dataSync();
    step.runSync(one);
    step.runSync(one);
    expect([...seen]).toEqual([2, 3]);
    expect([...v.dataSync()]).toEqual([4, 5]);
  });

  it('does not let a copy follow its variable', () => {
    const v = tf.variable(tf.tensor1d([1]));
    const anchor = v.clone();
    const step = compileStep((x: tf.Tensor) => {
      v.assign(tf.add(v, x));
      return tf.sub(v, anchor);
    });
    expect([1, 2, 3].map(() => step.runSync(tf.scalar(1)).dataSync()[0])).toEqual([1, 2, 3]);
    expect(anchor.dataSync()[0]).toBe(1);
  });

  it('takes new values that were assigned outside', () => {
    const v = tf.variable(tf.tensor1d([0]));
    const step = compileStep((x: tf.Tensor) => {
      v.assign(tf.add(v, x));
      return tf.mul(v, 1);
    });
    step.runSync(tf.scalar(1));
    v.assign(tf.tensor1d([10]));
    expect(step.runSync(tf.scalar(1)).dataSync()[0]).toBe(11);
  });

  it('keeps memory flat', () => {
    const { weights, loss } = network(3);
    const optimizer = tf.train.sgd(0.01);
    const step = compileStep((x: tf.Tensor, y: tf.Tensor) => optimizer.minimize(() => loss(x, y), true, weights)!);
    const [x, y] = [images(), labels()];
    step.runSync(x, y).dispose();
    const before = { ...tf.memory(), ids: backend.numDataIds(), sessions: backend.stats().sessions };
    for (let i = 0; i < 500; i++) step.runSync(x, y).dispose();
    expect({ ...tf.memory(), ids: backend.numDataIds(), sessions: backend.stats().sessions }).toEqual(before);
    step.dispose();
    expect(backend.stats().sessions).toBe(before.sessions - 1);
  });

  it('puts variables back when the function throws', () => {
    const v = tf.variable(tf.tensor1d([1]));
    const step = compileStep((x: tf.Tensor) => {
      v.assign(tf.add(v, x));
      throw new Error('no');
    });
    expect(() => step.runSync(tf.scalar(1))).toThrow('no');
    expect(v.dataSync()[0]).toBe(1);
  });
});

describe('tracing again', () => {
  it('happens for a new shape, and warns when that is often', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const step = compileStep((x: tf.Tensor) => tf.sum(x), { name: 'summing' });
    for (let size = 1; size <= 8; size++) expect(step.runSync(tf.ones([size])).dataSync()[0]).toBe(size);
    expect(step.runSync(tf.ones([8])).dataSync()[0]).toBe(8);
    expect(backend.stats().stepTraces).toBe(8);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toContain("'summing' was traced 8 times");
    warn.mockRestore();
  });

  it('happens when a variable is frozen or thawed, and when a frozen one changes', () => {
    const v = tf.variable(tf.tensor1d([1]), false);
    const step = compileStep((x: tf.Tensor) => tf.mul(v, x));
    const two = tf.scalar(2);
    const value = () => step.runSync(two).dataSync()[0];
    expect(value()).toBe(2);
    v.assign(tf.tensor1d([5]));
    expect(value()).toBe(10);
    v.trainable = true;
    expect(value()).toBe(10);
    expect(backend.stats().stepTraces).toBe(3);
    v.assign(tf.tensor1d([7]));
    expect(value()).toBe(14);
    expect(backend.stats().stepTraces).toBe(3);
  });

  it('bakes frozen variables in, so that they are not fed', () => {
    const frozen = tf.variable(tf.ones([64, 64]), false);
    const step = compileStep((x: tf.Tensor) => tf.matMul(x as tf.Tensor2D, frozen as unknown as tf.Tensor2D));
    expect(step.runSync(tf.ones([1, 64])).dataSync()[0]).toBe(64);
  });
});

describe('random draws', () => {
  const ones = () => tf.ones([400]);

  it('are new in each replay, and follow the seed', () => {
    const step = compileStep((x: tf.Tensor) => tf.dropout(x, 0.25));
    const run = () => [...step.runSync(ones()).dataSync()];
    backend.random.seed(7);
    const [a, b] = [run(), run()];
    expect(a).not.toEqual(b);
    backend.random.seed(7);
    expect([run(), run()]).toEqual([a, b]);
    const kept = a.filter((v) => v > 0);
    expect(kept.length / 400).toBeCloseTo(0.75, 1);
    expect(kept[0]).toBeCloseTo(4 / 3, 5);
  });

  it('resume from a saved state', () => {
    const step = compileStep((x: tf.Tensor) => tf.add(x, tf.randomNormal([400])));
    const { state } = backend.random;
    const first = [...step.runSync(ones()).dataSync()];
    backend.random.state = state;
    expect([...step.runSync(ones()).dataSync()]).toEqual(first);
  });

  it('have the parameters that were asked for', () => {
    const step = compileStep((x: tf.Tensor) => [
      tf.add(tf.mul(x, 0), tf.randomNormal([400], 5, 2)),
      tf.add(tf.mul(x, 0), tf.randomUniform([400], -3, -1)),
      tf.add(tf.mul(x, 0), tf.truncatedNormal([400], 1, 0.5)),
      tf.add(tf.mul(tf.cast(x, 'int32'), tf.scalar(0, 'int32')), tf.randomUniformInt([400], 2, 6)),
    ]);
    const x = ones();
    const draws = Array.from({ length: 20 }, () => step.runSync(x).map((t) => [...t.dataSync()]));
    const all = [0, 1, 2, 3].map((i) => draws.flatMap((run) => run[i]!));
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = (values: number[]) => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));
    expect(mean(all[0]!)).toBeCloseTo(5, 0);
    expect(deviation(all[0]!)).toBeCloseTo(2, 1);
    expect(Math.min(...all[1]!)).toBeGreaterThanOrEqual(-3);
    expect(Math.max(...all[1]!)).toBeLessThanOrEqual(-1);
    expect(deviation(all[1]!)).toBeCloseTo(2 / Math.sqrt(12), 1);
    expect(Math.min(...all[2]!)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...all[2]!)).toBeLessThanOrEqual(2);
    expect([...new Set(all[3]!)].sort()).toEqual([2, 3, 4, 5]);
  });

  it('with a seed of their own are the same in each replay, as they are in tfjs', () => {
    const step = compileStep((x: tf.Tensor) => tf.add(x, tf.randomNormal([400], 0, 1, 'float32', 3)));
    const x = ones();
    expect([...step.runSync(x).dataSync()]).toEqual([...step.runSync(x).dataSync()]);
  });

  it('that cannot be repeated are refused', () => {
    const step = compileStep((x: tf.Tensor) =>
      tf.add(
        x,
        tf.rand([400], () => Math.random()),
      ),
    );
    expect(() => step.runSync(ones())).toThrow(/tf\.rand inside a captured step/);
  });
});

describe('what a step may return and take', () => {
  it('returns tensors, arrays and records, and its own inputs', () => {
    const x = tf.tensor1d([1, 2]);
    expect(
      compileStep((a: tf.Tensor) => [a, tf.neg(a)])
        .runSync(x)
        .map((t) => t.dataSync()[1]),
    ).toEqual([2, -2]);
    const record = compileStep((a: tf.Tensor) => ({ twice: tf.mul(a, 2), same: a })).runSync(x);
    expect([record.twice.dataSync()[1], record.same.dataSync()[1]]).toEqual([4, 2]);
  });

  it('says which op has no ONNX form', () => {
    const step = compileStep((x: tf.Tensor) => tf.unique(x as tf.Tensor1D).values);
    expect(() => step.runSync(tf.ones([3]))).toThrow(/Unique\(float32\[3\]\) has no ONNX form/);
  });

  it('says that values cannot be read while it is traced', () => {
    const step = compileStep((x: tf.Tensor) => tf.add(x, tf.mul(x, 2).dataSync()[0]!));
    expect(() => step.runSync(tf.ones([1]))).toThrow(/captured step/);
  });

  it('may read what does not depend on its inputs, and may keep tensors', () => {
    let kept: tf.Tensor | undefined;
    const step = compileStep((x: tf.Tensor) => {
      kept = tf.keep(tf.mul(x, 3));
      return tf.add(x, tf.mul(tf.scalar(2), 5).dataSync()[0]!);
    });
    expect(step.runSync(tf.ones([1])).dataSync()[0]).toBe(11);
    expect(tf.add(tf.ones([1]), 1).dataSync()[0]).toBe(2);
    expect(() => kept!.dataSync()).toThrow(/captured step/);
  });

  it('needs the backend', async () => {
    await tf.setBackend('cpu');
    expect(() => compileStep((x: tf.Tensor) => x, { name: 'mine' }).runSync(tf.ones([1]))).toThrow(
      /'mine' needs the onnx backend/,
    );
  });
});
