import * as tf from '@tensorflow/tfjs-core';
import { Tensor } from 'onnxruntime-common';
import { InferenceSession } from 'onnxruntime-node';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportOnnx } from './export.ts';
import { type LstmTensors, lstm } from './lstm.ts';
import { drawn, useOnnx } from './testing.ts';

beforeEach(async () => {
  await useOnnx();
});

const [COUNT, FROM, HIDDEN] = [3, 4, 5];

function layer(steps: number, lengths: readonly number[]): LstmTensors {
  return {
    x: drawn(1, [steps, COUNT, FROM]),
    input: drawn(2, [FROM, 4 * HIDDEN]),
    hidden: drawn(3, [HIDDEN, 4 * HIDDEN]),
    bias: drawn(4, [4 * HIDDEN]),
    lengths: tf.tensor1d([...lengths], 'int32'),
  };
}

/** The equations, number by number: states [T][N][H], zero past the end. */
function byHand({ x, input, hidden, bias }: LstmTensors, lengths: readonly number[], reverse: boolean): number[][][] {
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  const given = x.arraySync() as number[][][];
  const [w, r] = [input, hidden].map((matrix) => matrix.arraySync() as number[][]) as [number[][], number[][]];
  const b = bias.arraySync() as number[];
  const states = given.map((rows) => rows.map(() => new Array<number>(HIDDEN).fill(0)));
  for (const [n, length] of lengths.entries()) {
    let state = new Array<number>(HIDDEN).fill(0);
    let cell = [...state];
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const gates = b.map(
        (value, j) =>
          value +
          w.reduce((sum, row, e) => sum + given[t]![n]![e]! * row[j]!, 0) +
          r.reduce((sum, row, h) => sum + state[h]! * row[j]!, 0),
      );
      const gate = (which: number, h: number) => gates[which * HIDDEN + h]!;
      cell = cell.map((c, h) => sigmoid(gate(1, h)) * c + sigmoid(gate(0, h)) * Math.tanh(gate(2, h)));
      state = cell.map((c, h) => sigmoid(gate(3, h)) * Math.tanh(c));
      states[t]![n] = state;
    }
  }
  return states;
}

const close = (values: number[][][]) => values.flat(2).map((value) => expect.closeTo(value, 5));

describe('lstm', () => {
  it.each([false, true])('follows the equations, reverse: %s', async (reverse) => {
    const lengths = [4, 1, 3];
    const tensors = layer(4, lengths);
    const states = lstm(tensors, reverse);
    expect(states.shape).toEqual([4, COUNT, HIDDEN]);
    expect([...(await states.data())]).toEqual(close(byHand(tensors, lengths, reverse)));
  });

  it('is exported with an open length', async () => {
    const { input, hidden, bias } = layer(1, [1, 1, 1]);
    const run = (...[x, lengths]: tf.Tensor[]) => lstm({ x: x!, input, hidden, bias, lengths: lengths! }, true);
    const model = exportOnnx(run, [
      { name: 'x', shape: ['length', 'batch', FROM] },
      { name: 'lengths', shape: ['batch'], dtype: 'int32' },
    ]);
    const session = await InferenceSession.create(model);
    expect(session.outputMetadata[0]).toMatchObject({ shape: ['length', 'batch', HIDDEN] });
    for (const steps of [1, 6]) {
      const lengths = [steps, 1, Math.max(steps - 2, 1)];
      const tensors = layer(steps, lengths);
      const { output } = await session.run({
        x: new Tensor('float32', tensors.x.dataSync() as Float32Array, tensors.x.shape),
        lengths: new Tensor('int32', Int32Array.from(lengths), [COUNT]),
      });
      expect([...(output!.data as Float32Array)]).toEqual(close(byHand(tensors, lengths, true)));
    }
  });

  it('says which shape does not fit', () => {
    const tensors = layer(2, [1, 2, 2]);
    expect(() => lstm({ ...tensors, bias: tensors.lengths })).toThrow('bias has the shape [3], not [20]');
    expect(() => lstm({ ...tensors, x: tensors.input })).toThrow('not [T, N, E]');
  });
});
