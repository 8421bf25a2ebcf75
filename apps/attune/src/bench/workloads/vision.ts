/** Convolutional workloads: a small CNN, ResNet-18 trained and as a feature extractor, one deep-image-prior step. */
import { type MovingParameter, normalizeBatch, reflectPad, tf } from '@attune/core';
import { createNetwork } from '@attune/zoo';
import {
  crossEntropy,
  inferenceStep,
  products,
  trainingStep,
  trainingStepOf,
  Weights,
  type Workload,
} from './workload.ts';

export const cnnTrain: Workload = {
  name: 'cnn_train',
  description: 'VGG-style CNN, batch 64 of 32x32x3, 10 classes: training step with Adam',
  flops:
    3 *
    64 *
    (products(1024, 27, 32) +
      products(1024, 288, 32) +
      products(256, 288, 64) +
      products(256, 576, 64) +
      products(1, 4096, 128)),
  build() {
    const w = new Weights();
    const conv = (from: number, to: number) => ({
      kernel: w.weight([3, 3, from, to], 9 * from),
      bias: w.constant([to], 0),
    });
    const layers = [conv(3, 32), conv(32, 32), conv(32, 64), conv(64, 64)];
    const [hidden, hiddenBias] = [w.weight([4096, 128], 4096), w.constant([128], 0)];
    const [out, outBias] = [w.weight([128, 10], 128), w.constant([10], 0)];
    const data = [w.draw([64, 32, 32, 3]), w.integers([64], 10)];
    return trainingStep(w, data, (images, labels) => {
      let x = images as tf.Tensor4D;
      for (const [i, { kernel, bias }] of layers.entries()) {
        x = tf.relu(tf.add(tf.conv2d(x, kernel as tf.Tensor4D, 1, 'same'), bias));
        if (i % 2 === 1) x = tf.maxPool(x, 2, 2, 'valid');
      }
      const features = tf.relu(tf.add(tf.matMul(tf.reshape(x, [64, 4096]), hidden as tf.Tensor2D), hiddenBias));
      return crossEntropy(tf.add(tf.matMul(features as tf.Tensor2D, out as tf.Tensor2D), outBias), labels!);
    });
  },
};

/** Multiply-adds of ResNet-18's convolutions for one image whose side is a multiple of 32. */
function resnet18Flops(side: number): number {
  const at = (scale: number) => (side / scale) ** 2;
  let flops = products(at(2), 147, 64) + 4 * products(at(4), 576, 64);
  for (const [scale, from, to] of [
    [8, 64, 128],
    [16, 128, 256],
    [32, 256, 512],
  ] as const) {
    flops += products(at(scale), 9 * from, to) + 3 * products(at(scale), 9 * to, to) + products(at(scale), from, to);
  }
  return flops;
}

export const resnet18Train: Workload = {
  name: 'resnet18_train',
  description: 'ResNet-18, batch 16 of 96x96x3: full fine-tuning step, batch norm in training mode, Adam',
  flops: 3 * 16 * resnet18Flops(96),
  build() {
    const network = createNetwork('resnet18', { classes: 10, seed: 1 });
    const parameters: MovingParameter[] = [...network.parameters.values()]
      .filter(({ variable }) => variable.trainable)
      .map((parameter) => ({ ...parameter, group: 'all', rate: 1 }));
    const w = new Weights();
    const data = [w.draw([16, 96, 96, 3]), w.integers([16], 10)];
    return trainingStepOf(
      parameters,
      data,
      (images, labels) => crossEntropy(network.apply(images as tf.Tensor4D, { training: true }), labels!),
      () => network.dispose(),
    );
  },
};

export const resnet18Features: Workload = {
  name: 'resnet18_features',
  description: 'ResNet-18 trunk, frozen, batch 16 of 224x224x3: features',
  flops: 16 * resnet18Flops(224),
  build() {
    const network = createNetwork('resnet18', { classes: 10, seed: 1 });
    for (const { variable } of network.parameters.values()) variable.trainable = false;
    const images = new Weights().draw([16, 224, 224, 3]);
    return inferenceStep(
      [images],
      (x) => tf.sum(network.features(x as tf.Tensor4D)),
      () => network.dispose(),
    );
  },
};

const LEVELS = 4;
const WIDTH = 64;
const SKIP = 4;

export const dipStep: Workload = {
  name: 'dip_step',
  description: 'deep image prior: hourglass of 4 levels of 64 channels, one 128x128 image, one step with Adam',
  flops: dipFlops(),
  build() {
    const w = new Weights();
    const unit = (from: number, to: number, kernel: number, stride = 1) => {
      const weight = w.weight([kernel, kernel, from, to], kernel * kernel * from);
      const bias = w.constant([to], 0);
      const norm = batchNorm(w, to);
      const edge = (kernel - 1) / 2;
      return (x: tf.Tensor4D) => {
        const padded = reflectPad(x, edge);
        return tf.leakyRelu(
          norm(tf.add(tf.conv2d(padded, weight as tf.Tensor4D, stride, 'valid'), bias)),
          0.2,
        ) as tf.Tensor4D;
      };
    };
    const levels = Array.from({ length: LEVELS }, (_, i) => {
      const from = i === 0 ? 32 : WIDTH;
      const down = [unit(from, WIDTH, 3, 2), unit(WIDTH, WIDTH, 3)];
      const up = [unit(WIDTH + SKIP, WIDTH, 3), unit(WIDTH, WIDTH, 1)];
      return { skip: unit(from, SKIP, 1), down, norm: batchNorm(w, WIDTH + SKIP), up };
    });
    const [out, outBias] = [w.weight([1, 1, WIDTH, 3], WIDTH), w.constant([3], 0)];
    const z = tf.tidy(() => tf.mul(tf.randomUniform([1, 128, 128, 32], 0, 1, 'float32', 7), 0.1));
    const target = tf.randomUniform([1, 128, 128, 3], 0, 1, 'float32', 8);
    return trainingStep(w, [z, target], (input, image) => {
      let x = tf.add(input!, tf.randomNormal([1, 128, 128, 32], 0, 1 / 30)) as tf.Tensor4D;
      const skips: tf.Tensor4D[] = [];
      for (const level of levels) {
        skips.push(level.skip(x));
        x = level.down.reduce((h, layer) => layer(h), x);
      }
      for (const [i, level] of [...levels.entries()].reverse()) {
        const size = [x.shape[1] * 2, x.shape[2] * 2] as [number, number];
        const larger = tf.image.resizeBilinear(x, size, false, true);
        const joined = tf.concat([larger, skips[i]!], 3);
        x = level.up.reduce((h, layer) => layer(h), level.norm(joined) as tf.Tensor4D);
      }
      const y = tf.sigmoid(tf.add(tf.conv2d(x, out as tf.Tensor4D, 1, 'valid'), outBias));
      return tf.mean(tf.squaredDifference(y, image!)) as tf.Scalar;
    });
  },
};

/** Batch normalisation with the statistics of the image itself. */
function batchNorm(w: Weights, channels: number) {
  const [scale, shift] = [w.constant([channels], 1), w.constant([channels], 0)];
  return (x: tf.Tensor): tf.Tensor => normalizeBatch(x, scale, shift);
}

function dipFlops(): number {
  let flops = products(128 * 128, WIDTH, 3);
  for (let i = 0; i < LEVELS; i++) {
    const from = i === 0 ? 32 : WIDTH;
    const full = (128 / 2 ** i) ** 2;
    flops += products(full, from, SKIP) + products(full / 4, 9 * from, WIDTH) + products(full / 4, 9 * WIDTH, WIDTH);
    flops += products(full, 9 * (WIDTH + SKIP), WIDTH) + products(full, WIDTH, WIDTH);
  }
  return 3 * flops;
}
