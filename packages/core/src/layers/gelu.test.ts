import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensorflow.ts';
import { gelu, geluTanh } from './gelu.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('gelu', () => {
  const x = tf.linspace(-5, 5, 41);

  it('has the values of a table of the normal distribution', () => {
    const values = [...gelu(tf.tensor1d([-1, 0, 1, 2])).dataSync()];
    expect(values).toEqual([-0.158655, 0, 0.841345, 1.9545].map((value) => expect.closeTo(value, 4)));
  });

  it('has the gradient of the definition', () => {
    const definition = (t: tf.Tensor) => tf.mul(tf.mul(t, 0.5), tf.add(tf.erf(tf.mul(t, Math.SQRT1_2)), 1));
    const [ours, theirs] = [gelu, definition].map((fn) =>
      tf
        .grad((t: tf.Tensor) => fn(t))(x)
        .dataSync(),
    );
    ours!.forEach((value, i) => {
      expect(value).toBeCloseTo(theirs![i]!, 5);
    });
  });

  it('is close to the form by tanh, and not the same', () => {
    const difference = tf.max(tf.abs(tf.sub(gelu(x), geluTanh(x)))).dataSync()[0]!;
    expect(difference).toBeLessThan(1e-3);
    expect(difference).toBeGreaterThan(1e-5);
  });
});
