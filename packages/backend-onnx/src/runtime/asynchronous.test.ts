/** A runtime that cannot block, as in browsers, made of Node's: everything around the runs themselves. */
import '../gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it } from 'vitest';
import type { OnnxBackend, OnnxBackendOptions } from '../backend.ts';
import { compileStep } from '../capture/compile-step.ts';
import { registerWith } from '../register.ts';
import { nodeRuntime } from './node.ts';
import type { Runtime } from './runtime.ts';

const cpu = nodeRuntime('cpu', 1);
/** Set to make the next sessions fail. */
let failure: Error | null = null;
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

const slow: Runtime = {
  ...cpu,
  synchronous: false,
  async create(model, options) {
    await pause();
    if (failure !== null) throw failure;
    const session = await cpu.create(model, options);
    return {
      ...session,
      async run(feeds, fetches) {
        await pause();
        await session.run(feeds, fetches);
        await pause();
      },
    };
  },
  createSync() {
    throw new Error('blocked');
  },
};

async function useSlow(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  if (tf.findBackendFactory('onnx') !== null) tf.removeBackend('onnx');
  const backend = registerWith(slow, { hostElements: 0, ...options });
  await tf.setBackend('onnx');
  return backend;
}

afterEach(() => {
  failure = null;
});

it('computes what is recorded while a run is under way after that run', async () => {
  await useSlow();
  const x = tf.add(tf.tensor1d([1, 2]), 1);
  const first = x.data();
  const y = tf.mul(x, 10);
  expect([...(await y.data())]).toEqual([20, 30]);
  expect([...(await first)]).toEqual([2, 3]);
});

it('finds the graphs of a loop compiled that never reads and seldom awaits', async () => {
  const backend = await useSlow({ recordingLimit: 20 });
  const v = tf.variable(tf.scalar(1));
  for (let i = 0; i < 60; i++) {
    tf.tidy(() => v.assign(tf.sub(tf.mul(tf.add(v, 1), 0.5), 0.25)));
    if (i % 7 === 0) await pause();
  }
  const [value] = await v.data();
  // x -> x / 2 + 1 / 4 has the fixed point 1 / 2.
  expect(value).toBeCloseTo(0.5, 5);
  const { compiles, flushes } = backend.stats();
  expect(flushes).toBeGreaterThan(5);
  expect(compiles).toBeLessThan(4);
});

it('gives the error of a run that nobody awaited to the next reader, and recovers', async () => {
  await useSlow({ recordingLimit: 4 });
  failure = new Error('no memory');
  let sum: tf.Tensor = tf.scalar(0);
  for (let i = 0; i < 12; i++) sum = tf.add(sum, 1);
  await pause();
  await expect(sum.data()).rejects.toThrow(/ONNX Runtime cannot run .*no memory/s);
  failure = null;
  expect((await sum.data())[0]).toBe(12);
});

it('captures a step whose optimiser makes its state inside', async () => {
  const backend = await useSlow();
  const w = tf.variable(tf.tensor1d([1, -2]));
  const optimizer = tf.train.adam(0.1);
  const step = compileStep(
    (x: tf.Tensor) => optimizer.minimize(() => tf.sum(tf.square(tf.sub(w, x))) as tf.Scalar, true)!,
  );
  const x = tf.tensor1d([0, 0]);
  const losses: number[] = [];
  // Not awaited in between: the runs must follow one another.
  const runs = [1, 2, 3].map(() => step.run(x));
  for (const run of runs) losses.push((await (await run).data())[0]!);
  expect(losses[0]).toBeCloseTo(5, 5);
  // Adam's first steps have the length of the learning rate.
  expect(losses[1]).toBeCloseTo(0.9 ** 2 + 1.9 ** 2, 3);
  expect(losses[2]).toBeLessThan(losses[1]!);
  expect(backend.stats().stepTraces).toBe(1);
  step.dispose();
});

it('refuses what would have to block, and says what to do', async () => {
  const backend = await useSlow();
  const x = tf.add(tf.tensor1d([3, 1, 3]), 1);
  expect(() => x.dataSync()).toThrow(/dataSync\(\) .* await tensor\.data\(\)/);
  expect(() => tf.unique(x)).toThrow(/^Unique .* await x\.data\(\) for each of its inputs first$/);
  expect(backend.stats().fallbacks).toEqual({});
  // Neither attempt lost what was recorded.
  expect([...(await x.data())]).toEqual([4, 2, 4]);
  expect([...(await tf.unique(x).values.data())]).toEqual([4, 2]);
  expect([...x.dataSync()]).toEqual([4, 2, 4]);
});
