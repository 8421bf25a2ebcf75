/** The smallest language model: what comes next follows from the token alone. For tests of the next-token loss. */
import type { LayerGroup, Network, NetworkOutputs, Parameter, RunOptions } from '../src/network.ts';
import { Random } from '../src/random.ts';
import { tf } from '../src/tensorflow.ts';
import { type ExampleSource, examplesInMemory } from '../src/train/data.ts';

const FEATURES = 4;
export const LENGTH = 5;

export class BigramNetwork implements Network {
  readonly name = 'bigrams';
  readonly input = { shape: [LENGTH], dtype: 'int32' } as const;
  readonly featureSize = FEATURES;
  readonly taps: readonly string[] = ['embedding'];
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly layerGroups: readonly LayerGroup[] = [
    { name: 'embedding', parameters: ['embedding.weight'] },
    { name: 'head', parameters: ['head.weight'] },
  ];

  constructor(
    readonly classes: number,
    seed: number,
  ) {
    const random = Random.fromSeed(seed);
    const matrix = (name: string, shape: [number, number]): Parameter => {
      const values = Array.from({ length: shape[0] * shape[1] }, () => random.normal());
      return { name, role: 'weight', variable: tf.tidy(() => tf.variable(tf.tensor2d(values, shape))) };
    };
    const all = [matrix('embedding.weight', [classes, FEATURES]), matrix('head.weight', [FEATURES, classes])];
    this.parameters = new Map(all.map((parameter) => [parameter.name, parameter]));
  }

  run(inputs: tf.Tensor, { taps: names = [] }: RunOptions = {}): NetworkOutputs {
    const rows = tf.gather(this.matrix('embedding.weight'), tf.reshape(inputs, [inputs.size]) as tf.Tensor1D);
    const embedding = tf.reshape(rows, [...inputs.shape, FEATURES]);
    return { taps: names.length > 0 ? { embedding } : {}, features: rows, logits: this.head(rows) };
  }

  apply = (inputs: tf.Tensor): tf.Tensor2D => this.run(inputs).logits;
  features = (inputs: tf.Tensor): tf.Tensor2D => this.run(inputs).features;
  head = (features: tf.Tensor2D): tf.Tensor2D => tf.matMul(features, this.matrix('head.weight'));
  tap = (inputs: tf.Tensor, taps: readonly string[]): Record<string, tf.Tensor> => ({
    ...this.run(inputs, { taps }).taps,
  });

  resetHead(): never {
    throw new Error('the head of bigrams stays');
  }
  cutAt = this.resetHead;
  insertAfter = this.resetHead;
  addGroup = this.resetHead;
  removeGroup = this.resetHead;

  dispose(): void {
    for (const { variable } of this.parameters.values()) variable.dispose();
  }

  private matrix(name: string): tf.Tensor2D {
    return this.parameters.get(name)!.variable as tf.Variable<tf.Rank.R2>;
  }
}

/** Sequences that count up by one, modulo `classes`; of each as many tokens are to be named as `lengths` says. */
export function countingSource(classes: number, lengths: readonly number[], shuffle = false): ExampleSource {
  const inputs = new Int32Array(lengths.length * LENGTH);
  const tokens = new Int32Array(lengths.length * LENGTH).fill(-1);
  for (const [row, length] of lengths.entries())
    for (let i = 0; i < length; i++) {
      inputs[row * LENGTH + i] = (row + i) % classes;
      tokens[row * LENGTH + i] = (row + i + 1) % classes;
    }
  return examplesInMemory({
    inputs,
    tokens,
    shape: [LENGTH],
    labels: new Int32Array(lengths.length).fill(-1),
    shuffle,
  });
}
