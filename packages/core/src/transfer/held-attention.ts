/**
 * Supervised attention of DELTA (Li et al. 2019, arXiv:1901.09229, section 3.3): how much the target's task needs each channel
 * of the source. A linear head is fitted on the frozen source's features of the target's examples; then each channel is
 * removed in turn, and what the loss grows by decides its weight, by a soft-max over the layer's channels.
 *
 * As in the authors' practice the growths are standardised and divided by 5 before the soft-max, as it would be all but
 * uniform on growths of a thousandth. The head is fitted on at most `HEAD_EXAMPLES` examples; channels are removed on
 * one batch of them, and only the layers above are computed again: still a pass for each channel, which takes SqueezeNet at
 * 128 px about a minute on two cores.
 */
import type { Network } from '../network.ts';
import { adamw } from '../optim/adamw.ts';
import { disposeState, type MovingParameter, valueAndGradients } from '../optim/optimizer.ts';
import type { Random } from '../random.ts';
import { compileStep } from '../step.ts';
import { tf } from '../tensorflow.ts';
import { batchTensors } from '../train/batch-tensors.ts';
import type { Batch, ExampleSource } from '../train/data.ts';
import { type LossName, OBJECTIVES } from '../train/objective.ts';
import { averaged } from './held-features.ts';

const BATCH_SIZE = 32;
const HEAD_EXAMPLES = 256;
/** Divides the standardised growths. */
const SOFTENING = 5;
const HEAD_STEPS = 200;
const HEAD_RATE = 0.01;

export interface AttentionOptions {
  readonly source: Network;
  readonly taps: readonly string[];
  /** Of the target's task. */
  readonly classes: number;
  readonly train: ExampleSource;
  /** What the target's task minimises. Default `softmax`. */
  readonly loss?: LossName | undefined;
  readonly random: Random;
  /** Stops between two channels; the function then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Weight of each channel by layer, 1 on average. The source's parameters are frozen. */
export async function channelAttention(options: AttentionOptions): Promise<Map<string, Float32Array>> {
  const { taps, train, random } = options;
  const batches = await someBatches(train, random);
  const head = await fitHead(batches, options);
  const attention = new Map<string, Float32Array>();
  try {
    for (const tap of taps) attention.set(tap, attentionWeights(await lossGrowths(tap, head, batches[0]!, options)));
  } finally {
    tf.dispose(Object.values(head));
  }
  return attention;
}

/** The soft-max of standardised growths, divided by 5, times their number: 1 on average. */
export function attentionWeights(growths: ArrayLike<number>): Float32Array {
  const values = Array.from(growths);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  const powers = values.map((value) => Math.exp((value - mean) / deviation / SOFTENING));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return Float32Array.from(powers, (power) => (values.length * power) / total);
}

async function someBatches(train: ExampleSource, random: Random): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of train.batches({ epoch: 0, batchSize: BATCH_SIZE, firstBatch: 0, random })) {
    batches.push(batch);
    if (batches.length * BATCH_SIZE >= HEAD_EXAMPLES) break;
  }
  return batches;
}

/** A linear head on standardised features: constants to a compiled step. */
interface LinearHead {
  readonly mean: tf.Variable;
  readonly deviation: tf.Variable;
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;
}

function headLogits({ mean, deviation, weight, bias }: LinearHead, features: tf.Tensor2D): tf.Tensor2D {
  const standardised: tf.Tensor2D = tf.div(tf.sub(features, mean), deviation);
  return tf.add(tf.matMul(standardised, weight as tf.Variable<tf.Rank.R2>), bias);
}

async function fitHead(
  batches: readonly Batch[],
  { source, classes, loss = 'softmax' }: AttentionOptions,
): Promise<LinearHead> {
  const { losses } = OBJECTIVES[loss];
  const last = source.taps.at(-1)!;
  const trunk = compileStep((inputs: tf.Tensor) => averaged(source.tap(inputs, [last])[last]!), { name: 'features' });
  const rows: tf.Tensor2D[] = [];
  const targetRows: tf.Tensor2D[] = [];
  for (const batch of batches) {
    const { inputs, targets, weights } = batchTensors(batch, BATCH_SIZE, classes);
    const features = await trunk.run(inputs);
    const count = batch.labels.length;
    rows.push(tf.slice(features, 0, count));
    targetRows.push(tf.slice(targets, 0, count));
    tf.dispose([inputs, targets, weights, features]);
  }
  trunk.dispose();

  const [features, targets] = [tf.concat(rows, 0), tf.concat(targetRows, 0)];
  const [mean, deviation] = tf.tidy(() => {
    const moments = tf.moments(features, 0);
    const deviation = tf.sqrt(moments.variance);
    // A channel that hardly ever answers would be blown up where it once does.
    const floor = tf.add(tf.mul(tf.max(deviation), 1e-3), 1e-12);
    return [tf.variable(moments.mean, false), tf.variable(tf.maximum(deviation, floor), false)];
  }) as [tf.Variable, tf.Variable];
  const [weight, bias] = tf.tidy(() => [
    tf.variable(tf.zeros([features.shape[1], classes])),
    tf.variable(tf.zeros([classes])),
  ]) as [tf.Variable, tf.Variable];
  const head: LinearHead = { mean, deviation, weight, bias };
  const parameters: MovingParameter[] = [
    { name: 'weight', role: 'weight', variable: head.weight, group: 'head', rate: 1 },
    { name: 'bias', role: 'bias', variable: head.bias, group: 'head', rate: 1 },
  ];
  const optimizer = adamw();
  const state = optimizer.init(parameters);
  const step = compileStep(
    (x: tf.Tensor2D, y: tf.Tensor2D, learningRate: tf.Scalar) => {
      const { value, gradients } = valueAndGradients(parameters, () =>
        tf.mean(losses({ logits: headLogits(head, x), targets: y })),
      );
      optimizer.update({ parameters, gradients, state, learningRate });
      return value;
    },
    { name: 'attention head' },
  );
  const rate = tf.scalar(HEAD_RATE);
  for (let i = 0; i < HEAD_STEPS; i++) tf.dispose(await step.run(features, targets, rate));
  step.dispose();
  disposeState(state);
  tf.dispose([rate, features, targets, ...rows, ...targetRows]);
  for (const { variable } of parameters) variable.trainable = false;
  return head;
}

/** By how much the loss of a batch grows where each of a layer's channels is removed, in nats. */
async function lossGrowths(
  tap: string,
  head: LinearHead,
  batch: Batch,
  { source, classes, loss = 'softmax', signal }: AttentionOptions,
): Promise<Float64Array> {
  const { losses } = OBJECTIVES[loss];
  const last = source.taps.at(-1)!;
  const below = compileStep((inputs: tf.Tensor) => source.tap(inputs, [tap])[tap]!, { name: 'below' });
  const above = compileStep(
    (map: tf.Tensor, kept: tf.Tensor1D, targets: tf.Tensor2D, inputs: tf.Tensor) => {
      const without: tf.Tensor = tf.mul(map, kept);
      const end = tap === last ? without : source.tap(without, [last], { from: tap, inputs })[last]!;
      return tf.mean(losses({ logits: headLogits(head, averaged(end)), targets }));
    },
    { name: 'above' },
  );
  const { inputs, targets, weights } = batchTensors(batch, batch.labels.length, classes);
  const map = await below.run(inputs);
  try {
    const channels = map.shape.at(-1)!;
    const lossWithout = async (channel: number | undefined) => {
      const kept = tf.tensor1d(Float32Array.from({ length: channels }, (_, i) => (i === channel ? 0 : 1)));
      const loss = await above.run(map, kept, targets, inputs);
      const [value] = await loss.data();
      tf.dispose([kept, loss]);
      return value!;
    };
    const whole = await lossWithout(undefined);
    const growths = new Float64Array(channels);
    for (let channel = 0; channel < channels; channel++) {
      signal?.throwIfAborted();
      growths[channel] = (await lossWithout(channel)) - whole;
    }
    return growths;
  } finally {
    tf.dispose([inputs, targets, weights, map]);
    below.dispose();
    above.dispose();
  }
}
