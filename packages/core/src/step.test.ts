import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from './random.ts';
import { compileStep, seedDraws } from './step.ts';
import { tf } from './tensorflow.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('compileStep off the onnx backend', () => {
  it('runs the function, keeps its outputs and state, and nothing else', async () => {
    const sum = tf.variable(tf.zeros([2]), false);
    const step = compileStep((x: tf.Tensor) => {
      const doubled = tf.mul(x, 2);
      sum.assign(tf.add(sum, doubled));
      return { doubled, total: tf.sum(sum) };
    });
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    for (const expected of [6, 12, 18]) {
      const { doubled, total } = expected === 12 ? step.runSync(x) : await step.run(x);
      expect([...doubled.dataSync()]).toEqual([2, 4]);
      expect(total.dataSync()[0]).toBe(expected);
      expect(tf.memory().numTensors).toBe(before + 2);
      tf.dispose([doubled, total]);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('draws what the seed says, and leaves Math.random alone', async () => {
    const step = compileStep((x: tf.Tensor) => tf.dropout(x, 0.5));
    const x = tf.ones([64]);
    const run = async () => (await step.run(x)).dataSync().join();
    const random = Math.random;
    seedDraws(Random.fromSeed(1));
    const [first, second] = [await run(), await run()];
    seedDraws(Random.fromSeed(1));
    expect([await run(), await run()]).toEqual([first, second]);
    expect(second).not.toBe(first);
    expect(Math.random).toBe(random);
  });

  it('does not run once it is disposed of', async () => {
    const step = compileStep((x: tf.Tensor) => tf.neg(x), { name: 'negate' });
    step.dispose();
    await expect(step.run(tf.scalar(1))).rejects.toThrow('the step negate was run after');
    expect(() => step.runSync(tf.scalar(1))).toThrow('the step negate was run after');
  });
});
