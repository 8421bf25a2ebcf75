/**
 * A small convolutional network that is trained for a few steps, the same wherever it runs: data and first weights come
 * from a formula, so that losses of two runtimes can be compared. Also runs in browsers: nothing of Node in here.
 */
import * as tf from '@tensorflow/tfjs-core';
import { compileStep } from '../src/public.ts';

const STEPS = 10;
const [BATCH, SIDE, FILTERS, HIDDEN, CLASSES] = [8, 12, 6, 16, 3];

/** Losses of each step. */
export interface Losses {
  /** Trained by a step that `compileStep` captured. */
  readonly captured: number[];
  /** Trained by `optimizer.minimize`. */
  readonly plain: number[];
}

/** Trains the network on the current backend, once in each of the two ways. Leaves no tensors behind. */
export async function trainSmallNetwork(): Promise<Losses> {
  return { captured: await train(true), plain: await train(false) };
}

async function train(captured: boolean): Promise<number[]> {
  const noise = noiseFrom(7);
  const fill = (shape: number[], scale: number) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => scale * noise()),
      shape,
    );
  const images = fill([BATCH, SIDE, SIDE, 1], 1) as tf.Tensor4D;
  const labels = tf.tensor1d(
    Array.from({ length: BATCH }, (_, i) => i % CLASSES),
    'int32',
  );
  const weights = {
    filters: variableOf(fill([3, 3, 1, FILTERS], 0.4) as tf.Tensor4D),
    filterBias: variableOf(tf.zeros([FILTERS])),
    hidden: variableOf(fill([(SIDE / 2) ** 2 * FILTERS, HIDDEN], 0.15) as tf.Tensor2D),
    output: variableOf(fill([HIDDEN, CLASSES], 0.3) as tf.Tensor2D),
  };
  const optimizer = tf.train.adam(0.01);

  const loss = (x: tf.Tensor4D, y: tf.Tensor1D): tf.Scalar => {
    const seen = tf.relu(tf.add(tf.conv2d(x, weights.filters, 1, 'same'), weights.filterBias)) as tf.Tensor4D;
    const pooled = tf.reshape(tf.maxPool(seen, 2, 2, 'valid'), [BATCH, -1]) as tf.Tensor2D;
    const logits = tf.matMul(tf.relu(tf.matMul(pooled, weights.hidden)), weights.output);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(y, CLASSES), logits);
  };
  const minimize = (x: tf.Tensor4D, y: tf.Tensor1D) => optimizer.minimize(() => loss(x, y), true)!;
  const step = compileStep(minimize, { name: 'small network' });

  const losses: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const value = captured ? await step.run(images, labels) : minimize(images, labels);
    losses.push((await value.data())[0]!);
    value.dispose();
  }
  step.dispose();
  optimizer.dispose();
  tf.dispose([images, labels, ...Object.values(weights)]);
  return losses;
}

function variableOf<R extends tf.Rank>(first: tf.Tensor<R>): tf.Variable<R> {
  const variable = tf.variable(first);
  first.dispose();
  return variable;
}

/** Numbers in [-1, 1): a linear congruential generator with the constants of Numerical Recipes. */
function noiseFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
