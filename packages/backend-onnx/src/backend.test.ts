import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OnnxBackend } from './backend.ts';
import { drawn, useOnnx } from './testing.ts';

let backend: OnnxBackend;
beforeEach(async () => {
  backend = await useOnnx();
});

describe('recording', () => {
  it('runs nothing until a value is read, and then one graph', () => {
    const y = tf.sum(tf.exp(tf.mul(tf.tensor1d([1, 2, 3]), 2)));
    expect(backend.stats().flushes).toBe(0);
    expect(y.dataSync()[0]).toBeCloseTo(Math.exp(2) + Math.exp(4) + Math.exp(6), 2);
    expect(backend.stats()).toMatchObject({ flushes: 1, compiles: 1 });
  });

  it('compiles a structure once, whatever the values', () => {
    for (const value of [1, 2, 3]) expect(tf.add(tf.tensor1d([value, value]), value).dataSync()[1]).toBe(2 * value);
    expect(backend.stats()).toMatchObject({ compiles: 1, cacheHits: 2 });
  });

  it('keeps apart attributes that JSON would write alike', () => {
    const filled = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(
      (v) => tf.fill([2], v).dataSync()[0],
    );
    expect(filled).toEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  it('is not deceived by an array that the caller fills anew', () => {
    const values = new Float32Array([1, 2]);
    const y = tf.add(tf.tensor1d(values), 0);
    values.fill(9);
    expect([...y.dataSync()]).toEqual([1, 2]);
  });

  it('runs small graphs on the host at first and compiles them when they come back', async () => {
    backend = await useOnnx({ hostElements: 100 });
    for (let i = 0; i < 3; i++) expect(tf.add(tf.tensor1d([i]), 1).dataSync()[0]).toBe(i + 1);
    expect(backend.stats()).toMatchObject({ hostRuns: 1, compiles: 1, cacheHits: 1 });
  });

  it('cuts a long recording between two top-level ops, at the same place each time', async () => {
    backend = await useOnnx({ recordingLimit: 32 });
    let x: tf.Tensor = tf.zeros([4]);
    for (let i = 0; i < 400; i++) {
      const next = tf.tidy(() => tf.mul(tf.add(x, 1), 1));
      x.dispose();
      x = next;
    }
    expect(x.dataSync()[0]).toBe(400);
    const { flushes, compiles } = backend.stats();
    expect(flushes).toBeGreaterThan(10);
    expect(compiles).toBeLessThanOrEqual(3);
  });

  it('falls back on the host where a kernel has no ONNX form, and counts it', () => {
    const { values } = tf.unique(tf.tensor1d([3, 1, 3]));
    expect([...values.dataSync()]).toEqual([3, 1]);
    expect(backend.stats().fallbacks).toEqual({ Unique: 1 });
  });

  it('holds complex numbers and strings', () => {
    const z = tf.complex([1, 2], [3, 4]);
    expect([...tf.imag(tf.mul(z, z)).dataSync()]).toEqual([6, 16]);
    const words = tf.tensor1d(['a', 'é']);
    expect(words.dataSync()).toEqual(['a', 'é']);
    words.dispose();
  });

  it('evicts the session that was used least recently', async () => {
    backend = await useOnnx({ sessionCapacity: 2 });
    for (const size of [1, 2, 3, 1]) tf.add(tf.zeros([size]), 1).dataSync();
    expect(backend.stats()).toMatchObject({ compiles: 4, sessions: 2 });
  });

  it('names the tfjs op and its shapes when ONNX Runtime refuses', () => {
    const x = tf.gather(tf.tensor1d([1, 2]), tf.add(tf.tensor1d([5], 'int32'), tf.scalar(1, 'int32')) as tf.Tensor1D);
    expect(() => x.dataSync()).toThrow(/GatherV2\(float32\[2\], int32\[1\]\)/);
  });
});

describe('memory', () => {
  it('is flat over training steps', () => {
    const [w, x] = [drawn(1, [3, 2]), tf.ones([4, 3])];
    const optimizer = tf.train.adam(0.01);
    const step = () =>
      optimizer.minimize(() => tf.mean(tf.square(tf.matMul(x, w as unknown as tf.Tensor2D))), true, [w])!;
    for (let i = 0; i < 3; i++) {
      const loss = step();
      loss.dataSync();
      loss.dispose();
    }
    const before = { ...tf.memory(), ids: backend.numDataIds(), sessions: backend.stats().sessions };
    for (let i = 0; i < 200; i++) {
      const loss = step();
      loss.dataSync();
      loss.dispose();
    }
    expect({ ...tf.memory(), ids: backend.numDataIds(), sessions: backend.stats().sessions }).toEqual(before);
  });

  it('counts what tfjs holds', () => {
    const before = tf.memory();
    const t = tf.tidy(() => tf.add(tf.zeros([8]), 1));
    expect(tf.memory().numTensors - before.numTensors).toBe(1);
    expect(tf.memory().numBytes - before.numBytes).toBe(32);
    t.dispose();
    expect(tf.memory().numBytes).toBe(before.numBytes);
    expect(tf.memory().unreliable).toBe(false);
  });

  it('does not hold what was disposed of before it was computed', () => {
    const ids = backend.numDataIds();
    tf.tidy(() => void tf.add(tf.zeros([8]), 1));
    expect(backend.numDataIds()).toBe(ids);
    tf.add(tf.zeros([1]), 1).dataSync();
    expect(backend.stats().bytesOut).toBe(4);
  });
});
