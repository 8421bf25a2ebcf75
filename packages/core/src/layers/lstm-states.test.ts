import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensorflow.ts';
import { type LstmStatesOptions, lstmStates } from './lstm-states.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [LENGTH, COUNT, HIDDEN] = [4, 3, 2];

/** The equations, one operation at a time, so that tfjs derives the gradient of each. */
function byDefinition(shares: tf.Tensor, recurrent: tf.Tensor, { backwards = false, kept }: LstmStatesOptions) {
  let [state, cell] = [tf.zeros([COUNT, HIDDEN]), tf.zeros([COUNT, HIDDEN])];
  const states: tf.Tensor[] = new Array(LENGTH);
  for (let step = 0; step < LENGTH; step++) {
    const at = backwards ? LENGTH - 1 - step : step;
    const here = tf.reshape(tf.slice(shares, [at, 0, 0], [1, COUNT, 4 * HIDDEN]), [COUNT, 4 * HIDDEN]);
    const gates = tf.add(here, tf.matMul(state as tf.Tensor2D, recurrent as tf.Tensor2D));
    const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    cell = tf.add(tf.mul(tf.sigmoid(f), cell), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    if (kept !== undefined) cell = tf.mul(cell, tf.reshape(tf.slice(kept, [at, 0, 0], [1, COUNT, 1]), [COUNT, 1]));
    state = tf.mul(tf.sigmoid(o), tf.tanh(cell));
    states[at] = state;
  }
  return tf.stack(states);
}

describe('the states of a long short-term memory', () => {
  const shares = tf.randomNormal([LENGTH, COUNT, 4 * HIDDEN], 0, 1, 'float32', 1);
  const recurrent = tf.randomNormal([HIDDEN, 4 * HIDDEN], 0, 1, 'float32', 2);
  // Texts of four, two and three words, padded at their ends.
  const kept = tf.tensor3d([1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0], [LENGTH, COUNT, 1]);
  const upstream = tf.randomNormal([LENGTH, COUNT, HIDDEN], 0, 1, 'float32', 3);

  it.each<[string, LstmStatesOptions]>([
    ['forwards', {}],
    ['backwards', { backwards: true }],
    ['backwards over texts of several lengths', { backwards: true, kept }],
    ['forwards past the ends of texts', { kept }],
  ])('have the values and gradients of the equations, %s', (_, options) => {
    const [ours, theirs] = [lstmStates, byDefinition].map((states) =>
      tf.valueAndGrads(
        (...[x, matrix]: tf.Tensor[]) => tf.sum(tf.mul(states(x!, matrix!, options), upstream)) as tf.Scalar,
      )([shares, recurrent]),
    );
    const values = [lstmStates, byDefinition].map((states) => states(shares, recurrent, options));
    const pairs = [values, [ours!.value, theirs!.value], ...[0, 1].map((k) => [ours!.grads[k]!, theirs!.grads[k]!])];
    for (const [one, other] of pairs) {
      expect(one!.shape).toEqual(other!.shape);
      expect([...one!.dataSync()]).toEqual([...other!.dataSync()].map((value) => expect.closeTo(value, 5)));
    }
  });

  it('are those of one step where there is one', () => {
    const first = tf.slice(shares, [0, 0, 0], [1, COUNT, 4 * HIDDEN]);
    const { grads } = tf.valueAndGrads((...[x, matrix]: tf.Tensor[]) => tf.sum(lstmStates(x!, matrix!)) as tf.Scalar)([
      first,
      recurrent,
    ]);
    expect([...grads[1]!.dataSync()]).toEqual(new Array(HIDDEN * 4 * HIDDEN).fill(0));
    expect(grads[0]!.shape).toEqual([1, COUNT, 4 * HIDDEN]);
  });

  it('are empty where the memory is', () => {
    const states = lstmStates(shares, recurrent, { backwards: true, kept });
    const padding = tf.mul(states, tf.sub(1, kept));
    expect([...padding.dataSync()].every((value) => value === 0)).toBe(true);
  });
});
