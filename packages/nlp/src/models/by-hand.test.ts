/** The layers against arithmetic that is written out: a recurrence in plain JavaScript, and sums that fit in the head. */
import { type Parameter, selectBackend, tf } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { biLstm } from './bi-lstm.ts';
import { cnnPair } from './cnn-pair.ts';
import { lstmClassifier } from './lstm-classifier.ts';
import { textCnn } from './text-cnn.ts';
import type { TextNetwork } from './text-network.ts';

const matrix = (network: TextNetwork, name: string) =>
  network.parameters.get(name)!.variable.arraySync() as unknown as number[][];
const vector = (network: TextNetwork, name: string) =>
  network.parameters.get(name)!.variable.arraySync() as unknown as number[];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** States after each of the words, by the equations. */
function recurrence(network: TextNetwork, layer: string, words: readonly number[], hidden: number): number[][] {
  const table = matrix(network, 'embedding.weight');
  const [fromInput, fromHidden] = [matrix(network, `${layer}.input.weight`), matrix(network, `${layer}.hidden.weight`)];
  const bias = vector(network, `${layer}.bias`);
  let state = new Array<number>(hidden).fill(0);
  let cell = new Array<number>(hidden).fill(0);
  return words.map((word) => {
    const gates = bias.map(
      (b, k) =>
        b +
        table[word]!.reduce((sum, x, i) => sum + x * fromInput[i]![k]!, 0) +
        state.reduce((sum, h, i) => sum + h * fromHidden[i]![k]!, 0),
    );
    const gate = (which: number, unit: number) => gates[which * hidden + unit]!;
    cell = cell.map((c, u) => sigmoid(gate(1, u)) * c + sigmoid(gate(0, u)) * Math.tanh(gate(2, u)));
    state = cell.map((c, u) => sigmoid(gate(3, u)) * Math.tanh(c));
    return state;
  });
}

function assign(network: TextNetwork, values: Record<string, number[]>): void {
  for (const [name, numbers] of Object.entries(values)) {
    const { variable }: Parameter = network.parameters.get(name)!;
    tf.tidy(() => variable.assign(tf.tensor(numbers, variable.shape)));
  }
}

describe.each(['cpu', 'onnx'])('on %s', (backend) => {
  beforeAll(async () => {
    await selectBackend({ prefer: backend });
  });

  const sizes = { vocabularySize: 9, classes: 2, embeddingSize: 4, hiddenSize: 3, seed: 5 };

  it('the LSTM follows its equations to the last word', async () => {
    const network = lstmClassifier(sizes);
    expect(vector(network, 'lstm.bias')).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    const words = [3, 8, 1, 2, 3];
    const states = recurrence(network, 'lstm', words, 3);
    const [whole, short] = network.features(tf.tensor2d([words, [3, 8, 0, 0, 0]], [2, 5], 'int32')).arraySync() as [
      number[],
      number[],
    ];
    expect(whole).toEqual(states[4]!.map((value) => expect.closeTo(value, 5)));
    expect(short).toEqual(states[1]!.map((value) => expect.closeTo(value, 5)));
    const [head, bias] = [matrix(network, 'head.weight'), vector(network, 'head.bias')];
    const logits = bias.map((b, k) => b + states[4]!.reduce((sum, value, i) => sum + value * head[i]![k]!, 0));
    const actual = network.apply(tf.tensor2d([words], [1, 5], 'int32'));
    expect([...(await actual.data())]).toEqual(logits.map((value) => expect.closeTo(value, 5)));
    network.dispose();
  });

  it('the LSTM in both directions is pooled by last, maximum and mean', () => {
    const network = biLstm(sizes);
    const words = [3, 8, 2];
    const forwards = recurrence(network, 'lstm1.forwards', words, 3);
    const backwards = recurrence(network, 'lstm1.backwards', words.toReversed(), 3).toReversed();
    const both = forwards.map((state, i) => [...state, ...backwards[i]!]);
    const over = (pool: (values: number[]) => number) => both[0]!.map((_, u) => pool(both.map((state) => state[u]!)));
    const expected = [
      ...forwards[2]!,
      ...backwards[0]!,
      ...over((values) => Math.max(...values)),
      ...over((values) => values.reduce((sum, value) => sum + value, 0) / 3),
    ];
    const features = network.features(tf.tensor2d([[...words, 0, 0]], [1, 5], 'int32'));
    expect([...features.dataSync()]).toEqual(expected.map((value) => expect.closeTo(value, 5)));
    network.dispose();
  });

  // Words are numbers: word w has the vector [w], padding has [100], which must not be seen.
  const numbered = [100, 1, 2, 3, 4];

  it('the convolution takes its largest window, those over the ends among them', () => {
    const network = textCnn({ ...sizes, vocabularySize: 5, embeddingSize: 1, hiddenSize: 2, windows: [2, 3] });
    // Two maps of each window: the first adds words up, the second takes what comes before from what comes after.
    assign(network, {
      'embedding.weight': numbered,
      'window2.weight': [1, -1, 1, 1],
      'window2.bias': [0, 0],
      'window3.weight': [1, 0, 1, -1, 1, 0],
      'window3.bias': [-5, 2],
    });
    const features = network
      .features(
        tf.tensor2d(
          [
            [4, 1, 3, 0],
            [2, 0, 0, 0],
          ],
          [2, 4],
          'int32',
        ),
      )
      .arraySync();
    // 4 1 3: windows of two 4, 5, 4, 3 and 4, -3, 2, -3; of three 4, 5, 8, 4, 3 less 5, and 2 less the middle word or nothing.
    expect(features[0]).toEqual([5, 4, 3, 2]);
    expect(features[1]).toEqual([2, 2, 0, 2]);
    network.dispose();
  });

  it('a pair goes through one convolution, side by side and compared', () => {
    const parts = { ...sizes, vocabularySize: 5, embeddingSize: 1, hiddenSize: 1, window: 2 };
    const pair = tf.tensor3d(
      [
        [
          [1, 2, 0],
          [4, 0, 0],
        ],
      ],
      [1, 2, 3],
      'int32',
    );
    const convolution = { 'embedding.weight': numbered, 'convolution.weight': [1, 1], 'convolution.bias': [0.5] };
    // u = 1 + 2 + 0.5 and v = 4 + 0.5.
    const plain = cnnPair(parts);
    assign(plain, { ...convolution, 'dense.weight': [10, 1], 'dense.bias': [-2] });
    expect(plain.features(pair).arraySync()).toEqual([[10 * 3.5 + 4.5 - 2]]);
    const heuristics = cnnPair({ ...parts, matching: 'heuristics' });
    assign(heuristics, { ...convolution, 'dense.weight': [0, 0, 2, 3], 'dense.bias': [0] });
    expect(heuristics.features(pair).arraySync()).toEqual([[2 * (3.5 - 4.5) + 3 * 3.5 * 4.5]]);
    plain.dispose();
    heuristics.dispose();
  });
});
