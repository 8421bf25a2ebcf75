/** The forms for a table of which few rows are read, against the dense arithmetic of tfjs's cpu backend. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileStep } from '../capture/compile-step.ts';
import { useOnnx } from '../testing.ts';

const [TABLE, WIDTH] = [40, 3];

/** Two rows come twice and three times, and two are of no row of the table. */
const NUMBERS = [4, 39, 4, 0, -1, 7, 7, 7, 40];

/** Clipped, and given to the moments: all that training does with such a gradient. */
function moments(rows: tf.Tensor, numbers: tf.Tensor, sum1: tf.Tensor, sum2: tf.Tensor): tf.Tensor[] {
  const g = tf.unsortedSegmentSum(rows, numbers as tf.Tensor1D, TABLE);
  const squares = tf.sum(tf.square(g));
  const clipped = tf.mul(tf.div(1, tf.maximum(tf.sqrt(squares), 1)), g);
  return [
    squares,
    tf.add(tf.mul(sum1, 0.9), clipped),
    tf.add(tf.mul(sum2, 0.99), tf.square(clipped)),
    tf.add(g, sum1),
    tf.add(sum2, tf.square(g)),
  ];
}

function inputs(numbers: readonly number[]): [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor] {
  return [
    tf.randomNormal([numbers.length, WIDTH], 0, 1, 'float32', 1),
    tf.tensor1d([...numbers], 'int32'),
    tf.randomNormal([TABLE, WIDTH], 0, 1, 'float32', 2),
    tf.randomUniform([TABLE, WIDTH], 0, 1, 'float32', 3),
  ];
}

describe('sums that are scattered into a table', () => {
  const few = NUMBERS;
  const many = Array.from({ length: 30 }, (_, i) => (7 * i) % 41);
  const expected = new Map<readonly number[], number[][]>();
  beforeAll(async () => {
    await tf.setBackend('cpu');
    for (const numbers of [few, many])
      expected.set(
        numbers,
        moments(...inputs(numbers)).map((each) => [...each.dataSync()]),
      );
    await useOnnx();
  });

  it.each([
    ['few rows', few],
    ['many rows, which take the dense form', many],
  ])('give what the dense forms give: %s', async (_, numbers) => {
    const step = compileStep(moments as (...all: tf.Tensor[]) => tf.Tensor[]);
    const results = (await step.run(...inputs(numbers))) as tf.Tensor[];
    for (const [k, result] of results.entries())
      expect([...(await result.data())]).toEqual(expected.get(numbers)![k]!.map((value) => expect.closeTo(value, 4)));
    step.dispose();
  });

  it('keep a NaN', async () => {
    const [rows, ...rest] = inputs(few);
    const spoilt = tf.mul(rows, tf.tensor2d([[1, 1, 1], [1, Number.NaN, 1], ...new Array(7).fill([1, 1, 1])]));
    const step = compileStep(moments as (...all: tf.Tensor[]) => tf.Tensor[]);
    const [squares, sum1, sum2] = (await step.run(spoilt, ...rest)) as [tf.Tensor, tf.Tensor, tf.Tensor];
    expect(squares.dataSync()[0]).toBeNaN();
    expect(sum1.dataSync()[39 * WIDTH + 1]).toBeNaN();
    expect(sum2.dataSync()[39 * WIDTH + 1]).toBeNaN();
    step.dispose();
  });
});
