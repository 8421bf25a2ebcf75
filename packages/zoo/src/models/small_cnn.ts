/**
 * A small residual network for 32 px images, about 170,000 parameters, of our own: after ResNet's CIFAR variant (He et
 * al., arXiv:1512.03385, section 4.2) with one block a stage. It is what the repository's embedded weights are for: small
 * enough to be pre-trained in a minute and committed, and built from the parts of the large networks (normalisation,
 * shortcuts, strides), so that whatever works on it works on them.
 */
import type { ImageNetwork, Preprocessing } from '@attune/core';
import { batchNorm } from '../layers/batch-norm.ts';
import { convolution } from '../layers/convolution.ts';
import { linearHead } from '../layers/heads.ts';
import { Initialiser } from '../layers/initialiser.ts';
import type { Layer } from '../layers/layer.ts';
import { relu, residual, sequence } from '../layers/layer.ts';
import { group, StagedImageNetwork, stage } from '../staged-network.ts';
import type { BuildOptions } from './build-options.ts';
import { resized } from './build-options.ts';

const EPSILON = 1e-5;

export const SMALL_CNN_PREPROCESSING: Preprocessing = {
  size: 32,
  resize: 32,
  channels: 'rgb',
  mean: [127.5, 127.5, 127.5],
  std: [64, 64, 64],
};

export function smallCnn(options: BuildOptions): ImageNetwork {
  const init = new Initialiser(options.seed);
  return new StagedImageNetwork({
    name: 'shapes_cnn',
    preprocessing: resized(SMALL_CNN_PREPROCESSING, options.size),
    groups: [
      group('conv1', stage('conv1', sequence(unit(init, 'conv1', 3, 16, 1), relu))),
      group('block1', stage('block1', block(init, 'block1', 16, 24, 2))),
      group('block2', stage('block2', block(init, 'block2', 24, 48, 2))),
      group('block3', stage('block3', block(init, 'block3', 48, 96, 2))),
    ],
    channels: 96,
    head: linearHead(init, 96, options.classes),
  });
}

function block(init: Initialiser, name: string, from: number, to: number, stride: number): Layer {
  const path = sequence(unit(init, `${name}.conv1`, from, to, stride), relu, unit(init, `${name}.conv2`, to, to, 1));
  const shortcut = sequence(
    convolution(init, `${name}.shortcut`, from, to, { kernel: 1, stride, padding: 'same', bias: false }),
    batchNorm(init, `${name}.shortcut.bn`, to, EPSILON),
  );
  return sequence(residual(path, shortcut), relu);
}

/** A 3 x 3 convolution and its normalisation: parameters `name.weight` and `name.bn.*`. */
function unit(init: Initialiser, name: string, from: number, to: number, stride: number): Layer {
  return sequence(
    convolution(init, name, from, to, { kernel: 3, stride, padding: 'same', bias: false }),
    batchNorm(init, `${name}.bn`, to, EPSILON),
  );
}
