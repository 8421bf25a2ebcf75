/**
 * SetFit: few-shot tuning of an encoder without prompts (Tunstall et al. 2022, arXiv:2209.11055). In two steps:
 *
 * 1. The encoder is tuned so that the cosine similarity of two texts' embeddings, the means over their tokens, is 1 for texts of
 *    one class and 0 for texts of two: the loss is the mean of (cos(u, v) - same)^2 over pairs of the few examples.
 * 2. A logistic regression on the tuned encoder's embeddings is the head; it is written into the network.
 */
import type { MovingParameter, Optimizer, Schedule } from '@attune/core';
import {
  adamw,
  clipByGlobalNorm,
  compileStep,
  disposeState,
  Random,
  seedDraws,
  tf,
  UserError,
  valueAndGradients,
  warmUp,
} from '@attune/core';
import { computeFeatures } from '../compute-features.ts';
import { fitHead, writeHead } from '../linear-head.ts';
import { bucketLengths, bucketOf } from '../text/bucket-lengths.ts';
import type { EncodedTexts } from '../text/encode.ts';
import { paddedBatch } from '../text/source.ts';
import { contrastivePairs } from './contrastive-pairs.ts';
import type { EncoderNetwork } from './encoder-network.ts';

export interface SetFitOptions {
  /** With mean pooling. It is tuned in place, and its head is replaced. */
  readonly network: EncoderNetwork;
  /** The few examples, as `SubwordTokenizer.encodeExamples` gives them. */
  readonly train: EncodedTexts;
  /** Pairs of one class, and as many of two, for every example. Default 20, the paper's R. */
  readonly iterations?: number;
  /** Passes over the pairs. Default 1, as the paper. */
  readonly epochs?: number;
  /** Pairs an update. Default 16. */
  readonly batchSize?: number;
  /** The highest. Default 2e-5, for encoders of the size that the paper has; a tiny one takes more. */
  readonly learningRate?: number;
  /** Default `adamw()`. */
  readonly optimizer?: Optimizer;
  /** Default: a warm-up over a tenth, then a falling line. */
  readonly schedule?: Schedule;
  /** L2 penalty of the head's weights, see `logisticRegression`. */
  readonly decay?: number;
  readonly seed: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SetFitResult {
  readonly pairs: number;
  readonly updates: number;
  /** Mean loss over the first and over the last tenth of the updates. */
  readonly loss: { readonly first: number; readonly last: number };
}

const GREATEST_NORM = 1;
const falling: Schedule = (progress) => 1 - progress;

/** @throws UserError when the examples are of one class, or the network has another pooling. */
export async function setFit(options: SetFitOptions): Promise<SetFitResult> {
  const { network, train, seed, iterations = 20, decay } = options;
  if (network.pooling !== 'mean')
    throw new UserError(`SetFit compares means over tokens, and ${network.name} pools by ${network.pooling}.`);
  const { classes } = network;
  if (new Set(train.labels).size < 2)
    throw new UserError('All examples are of one class, and SetFit learns from texts of two.', 'Add another class.');
  const random = Random.fromSeed(seed).fork('setfit');
  seedDraws(random.fork('draws'));
  const pairs = contrastivePairs(train.labels, iterations, random.fork('pairs'));
  const losses = await tuneOnPairs(options, pairs, random);
  const features = await computeFeatures(network, train);
  network.resetHead(classes, seed);
  writeHead(network, fitHead(features, { classes, decay }).head);
  const tenth = Math.max(1, Math.floor(losses.length / 10));
  const mean = (some: readonly number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length;
  return {
    pairs: pairs.length,
    updates: losses.length,
    loss: { first: mean(losses.slice(0, tenth)), last: mean(losses.slice(-tenth)) },
  };
}

/** Step 1. @returns The loss of every update. */
async function tuneOnPairs(
  options: SetFitOptions,
  pairs: ReturnType<typeof contrastivePairs>,
  random: Random,
): Promise<number[]> {
  const { network, train, onProgress, signal } = options;
  const { epochs = 1, batchSize = 16, learningRate = 2e-5, schedule = warmUp(0.1, falling) } = options;
  const optimizer = options.optimizer ?? adamw();
  const head = new Set(network.layerGroups.at(-1)!.parameters);
  const parameters: MovingParameter[] = [...network.parameters.values()]
    .filter(({ name }) => !head.has(name))
    .map((parameter) => ({ ...parameter, group: 'encoder', rate: 1 }));
  for (const { variable } of parameters) variable.trainable = true;
  const state = optimizer.init(parameters);
  const step = compileStep(
    (inputs: tf.Tensor, same: tf.Tensor1D, learningRate: tf.Scalar) => {
      const { value, gradients } = valueAndGradients(parameters, () => {
        const [u, v] = tf.split(network.features(inputs, { training: true }), 2, 0) as [tf.Tensor2D, tf.Tensor2D];
        return tf.mean(tf.square(tf.sub(cosines(u, v), same))) as tf.Scalar;
      });
      const clipped = clipByGlobalNorm(gradients, GREATEST_NORM).gradients;
      optimizer.update({ parameters, gradients: clipped, state, learningRate });
      return value;
    },
    { name: 'setfit' },
  );
  const buckets = bucketLengths(train.texts.map((text) => text.length / train.parts));
  const updates = epochs * Math.ceil(pairs.length / batchSize);
  const losses: number[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = random.fork(`epoch ${epoch}`).shuffle(pairs);
      for (let start = 0; start < order.length; start += batchSize) {
        signal?.throwIfAborted();
        // The last batch is filled up from the first: another shape would be another trace.
        const batch = Array.from({ length: batchSize }, (_, i) => order[(start + i) % order.length]!);
        const texts = [...batch.map(({ first }) => first), ...batch.map(({ second }) => second)];
        const longest = Math.max(...texts.map((i) => train.texts[i]!.length / train.parts));
        const { inputs: values, shape } = paddedBatch(train, texts, bucketOf(longest, buckets));
        const inputs = tf.tensor(values, [texts.length, ...shape], 'int32');
        const same = tf.tensor1d(batch.map((pair) => pair.same));
        const rate = tf.scalar(learningRate * schedule(losses.length / updates));
        const loss = await step.run(inputs, same, rate);
        losses.push((await loss.data())[0]!);
        tf.dispose([inputs, same, rate, loss]);
        onProgress?.(losses.length, updates);
      }
    }
  } finally {
    step.dispose();
    disposeState(state);
  }
  return losses;
}

/** Of the rows of u and v [N, size], [N]. */
function cosines(u: tf.Tensor2D, v: tf.Tensor2D): tf.Tensor1D {
  const product = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.sum(tf.mul(a, b), 1);
  const lengths = tf.sqrt(tf.add(tf.mul(product(u, u), product(v, v)), 1e-12));
  return tf.div(product(u, v), lengths);
}
