import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { binaryCrossEntropies, crossEntropies, softmaxCrossEntropy } from './losses.ts';
import { tf } from './tensorflow.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Cross-entropy by its definition, in double precision. */
function reference(logits: number[], target: number[], smoothing = 0): number {
  const total = Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0));
  return -logits.reduce(
    (sum, z, i) => sum + (target[i]! * (1 - smoothing) + smoothing / logits.length) * (z - total),
    0,
  );
}

const logits = [
  [1, -2, 0.5],
  [0, 3, -1],
  [40, -40, 0],
];
const targets = [
  [1, 0, 0],
  [0, 0.25, 0.75],
  [0, 1, 0],
];

describe('softmax cross-entropy', () => {
  it('is the definition for hard and soft targets, and does not overflow', () => {
    const values = crossEntropies({ logits: tf.tensor2d(logits), targets: tf.tensor2d(targets) }).dataSync();
    logits.forEach((row, i) => {
      expect(values[i]).toBeCloseTo(reference(row, targets[i]!), 5);
    });
  });

  it('smooths labels', () => {
    const values = crossEntropies({ logits: tf.tensor2d(logits), targets: tf.tensor2d(targets), labelSmoothing: 0.1 });
    logits.forEach((row, i) => {
      expect(values.dataSync()[i]).toBeCloseTo(reference(row, targets[i]!, 0.1), 4);
    });
  });

  it('leaves out examples of weight 0, in value and in gradient', () => {
    const weights = tf.tensor1d([1, 1, 0]);
    const loss = (z: tf.Tensor) =>
      softmaxCrossEntropy({ logits: z as tf.Tensor2D, targets: tf.tensor2d(targets), weights });
    const value = loss(tf.tensor2d(logits)).dataSync()[0];
    expect(value).toBeCloseTo((reference(logits[0]!, targets[0]!) + reference(logits[1]!, targets[1]!)) / 2, 5);
    const gradient = tf.grad(loss)(tf.tensor2d(logits)).arraySync() as number[][];
    expect(gradient[2]!.map(Math.abs)).toEqual([0, 0, 0]);
    const softmax = logits[0]!.map((z) => Math.exp(z) / logits[0]!.reduce((sum, y) => sum + Math.exp(y), 0));
    softmax.forEach((p, i) => {
      expect(gradient[0]![i]).toBeCloseTo((p - targets[0]![i]!) / 2, 5);
    });
  });

  it('averages without weights', () => {
    const mean = softmaxCrossEntropy({ logits: tf.tensor2d(logits), targets: tf.tensor2d(targets) }).dataSync()[0];
    expect(mean).toBeCloseTo(logits.reduce((sum, row, i) => sum + reference(row, targets[i]!), 0) / 3, 5);
  });
});

describe('sigmoid cross-entropy', () => {
  const z = [0, 2, -3, 90, -90, 0.5];
  const t = [1, 1, 0, 0, 1, 0.25];
  const of = (logits: tf.Tensor, labelSmoothing = 0) =>
    binaryCrossEntropies({ logits: tf.reshape(logits, [2, 3]), targets: tf.tensor2d(t, [2, 3]), labelSmoothing });

  it('is the definition, and does not overflow', () => {
    for (const smoothing of [0, 0.2]) {
      const each = z.map((logit, i) => {
        const target = t[i]! * (1 - smoothing) + smoothing / 2;
        return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - target * logit;
      });
      const values = of(tf.tensor1d(z), smoothing).dataSync();
      expect(values[0]).toBeCloseTo((each[0]! + each[1]! + each[2]!) / 3, 5);
      expect(values[1]).toBeCloseTo((each[3]! + each[4]! + each[5]!) / 3, 4);
    }
  });

  it('has the gradient sigmoid(z) - t, at 0 too', () => {
    const gradient = tf
      .grad((logits) => tf.sum(of(logits)))(tf.tensor1d(z))
      .dataSync();
    z.forEach((logit, i) => {
      expect(gradient[i]).toBeCloseTo((1 / (1 + Math.exp(-logit)) - t[i]!) / 3, 5);
    });
  });
});
