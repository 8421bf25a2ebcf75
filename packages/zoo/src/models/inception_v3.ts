/**
 * InceptionV3: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567, table 1,
 * with the module names of torchvision (whose weights are those of TensorFlow's release) and without the auxiliary
 * classifier, which training from scratch needs and transfer does not.
 */
import type { ImageNetwork, Preprocessing } from '@attune/core';
import { batchNorm } from '../layers/batch-norm.ts';
import type { Padding } from '../layers/convolution.ts';
import { convolution } from '../layers/convolution.ts';
import { linearHead } from '../layers/heads.ts';
import { Initialiser } from '../layers/initialiser.ts';
import type { Layer } from '../layers/layer.ts';
import { concatenate, relu, sequence } from '../layers/layer.ts';
import { averagePool3x3, maxPool } from '../layers/pooling.ts';
import { group, StagedImageNetwork, stage } from '../staged-network.ts';
import type { BuildOptions } from './build-options.ts';
import { resized, TENSORFLOW_IMAGENET } from './build-options.ts';

const EPSILON = 0.001;
const SHRINK = maxPool({ size: 3, stride: 2, edges: 'floor' });

export const INCEPTION_V3_PREPROCESSING: Preprocessing = { ...TENSORFLOW_IMAGENET, size: 299, resize: 342 };

/** The input is at least 75 px. */
export function inceptionV3(options: BuildOptions): ImageNetwork {
  const init = new Initialiser(options.seed);
  const stem = (name: string, from: number, to: number, kernel: number, stride: number, padding: Padding) =>
    stage(name, unit(init, name, from, to, kernel, padding, stride));
  return new StagedImageNetwork({
    name: 'inception_v3',
    preprocessing: resized(INCEPTION_V3_PREPROCESSING, options.size),
    groups: [
      group(
        'stem',
        stem('Conv2d_1a_3x3', 3, 32, 3, 2, 'valid'),
        stem('Conv2d_2a_3x3', 32, 32, 3, 1, 'valid'),
        stem('Conv2d_2b_3x3', 32, 64, 3, 1, 1),
        stage('pool1', SHRINK),
        stem('Conv2d_3b_1x1', 64, 80, 1, 1, 'valid'),
        stem('Conv2d_4a_3x3', 80, 192, 3, 1, 'valid'),
        stage('pool2', SHRINK),
      ),
      group(
        'mixed5',
        stage('Mixed_5b', moduleA(init, 'Mixed_5b', 192, 32)),
        stage('Mixed_5c', moduleA(init, 'Mixed_5c', 256, 64)),
        stage('Mixed_5d', moduleA(init, 'Mixed_5d', 288, 64)),
      ),
      group(
        'mixed6',
        stage('Mixed_6a', reductionB(init, 'Mixed_6a', 288)),
        stage('Mixed_6b', moduleC(init, 'Mixed_6b', 128)),
        stage('Mixed_6c', moduleC(init, 'Mixed_6c', 160)),
        stage('Mixed_6d', moduleC(init, 'Mixed_6d', 160)),
        stage('Mixed_6e', moduleC(init, 'Mixed_6e', 192)),
      ),
      group(
        'mixed7',
        stage('Mixed_7a', reductionD(init, 'Mixed_7a', 768)),
        stage('Mixed_7b', moduleE(init, 'Mixed_7b', 1280)),
        stage('Mixed_7c', moduleE(init, 'Mixed_7c', 2048)),
      ),
    ],
    channels: 2048,
    head: linearHead(init, 2048, options.classes),
  });
}

/** A convolution, its normalisation and ReLU: parameters `name.conv.weight` and `name.bn.*`. */
function unit(
  init: Initialiser,
  name: string,
  from: number,
  to: number,
  kernel: number | readonly [number, number],
  padding: Padding = 'valid',
  stride = 1,
): Layer {
  return sequence(
    convolution(init, `${name}.conv`, from, to, { kernel, stride, padding, bias: false }),
    batchNorm(init, `${name}.bn`, to, EPSILON),
    relu,
  );
}

/** Figure 5: 5 x 5 convolutions, and two of 3 x 3 in place of a larger one. */
function moduleA(init: Initialiser, name: string, from: number, pooled: number): Layer {
  return concatenate(
    unit(init, `${name}.branch1x1`, from, 64, 1),
    sequence(unit(init, `${name}.branch5x5_1`, from, 48, 1), unit(init, `${name}.branch5x5_2`, 48, 64, 5, 2)),
    sequence(
      unit(init, `${name}.branch3x3dbl_1`, from, 64, 1),
      unit(init, `${name}.branch3x3dbl_2`, 64, 96, 3, 1),
      unit(init, `${name}.branch3x3dbl_3`, 96, 96, 3, 1),
    ),
    sequence(averagePool3x3, unit(init, `${name}.branch_pool`, from, pooled, 1)),
  );
}

/** Figure 10: halves the grid by convolutions and a pooling side by side. */
function reductionB(init: Initialiser, name: string, from: number): Layer {
  return concatenate(
    unit(init, `${name}.branch3x3`, from, 384, 3, 'valid', 2),
    sequence(
      unit(init, `${name}.branch3x3dbl_1`, from, 64, 1),
      unit(init, `${name}.branch3x3dbl_2`, 64, 96, 3, 1),
      unit(init, `${name}.branch3x3dbl_3`, 96, 96, 3, 'valid', 2),
    ),
    SHRINK,
  );
}

/** Figure 6: 7 x 7 convolutions factored into rows and columns, `wide` channels inside. */
function moduleC(init: Initialiser, name: string, wide: number): Layer {
  const row = (part: string, from: number, to: number) => unit(init, `${name}.${part}`, from, to, [1, 7], [0, 3]);
  const column = (part: string, from: number, to: number) => unit(init, `${name}.${part}`, from, to, [7, 1], [3, 0]);
  return concatenate(
    unit(init, `${name}.branch1x1`, 768, 192, 1),
    sequence(
      unit(init, `${name}.branch7x7_1`, 768, wide, 1),
      row('branch7x7_2', wide, wide),
      column('branch7x7_3', wide, 192),
    ),
    sequence(
      unit(init, `${name}.branch7x7dbl_1`, 768, wide, 1),
      column('branch7x7dbl_2', wide, wide),
      row('branch7x7dbl_3', wide, wide),
      column('branch7x7dbl_4', wide, wide),
      row('branch7x7dbl_5', wide, 192),
    ),
    sequence(averagePool3x3, unit(init, `${name}.branch_pool`, 768, 192, 1)),
  );
}

/** The second halving of the grid, as released; the paper's table only gives its sizes. */
function reductionD(init: Initialiser, name: string, from: number): Layer {
  return concatenate(
    sequence(
      unit(init, `${name}.branch3x3_1`, from, 192, 1),
      unit(init, `${name}.branch3x3_2`, 192, 320, 3, 'valid', 2),
    ),
    sequence(
      unit(init, `${name}.branch7x7x3_1`, from, 192, 1),
      unit(init, `${name}.branch7x7x3_2`, 192, 192, [1, 7], [0, 3]),
      unit(init, `${name}.branch7x7x3_3`, 192, 192, [7, 1], [3, 0]),
      unit(init, `${name}.branch7x7x3_4`, 192, 192, 3, 'valid', 2),
    ),
    SHRINK,
  );
}

/** Figure 7: the widest modules, whose 3 x 3 convolutions end in a row and a column side by side. */
function moduleE(init: Initialiser, name: string, from: number): Layer {
  const fork = (part: string, suffixes: readonly [string, string]) =>
    concatenate(
      unit(init, `${name}.${part}${suffixes[0]}`, 384, 384, [1, 3], [0, 1]),
      unit(init, `${name}.${part}${suffixes[1]}`, 384, 384, [3, 1], [1, 0]),
    );
  return concatenate(
    unit(init, `${name}.branch1x1`, from, 320, 1),
    sequence(unit(init, `${name}.branch3x3_1`, from, 384, 1), fork('branch3x3_', ['2a', '2b'])),
    sequence(
      unit(init, `${name}.branch3x3dbl_1`, from, 448, 1),
      unit(init, `${name}.branch3x3dbl_2`, 448, 384, 3, 1),
      fork('branch3x3dbl_', ['3a', '3b']),
    ),
    sequence(averagePool3x3, unit(init, `${name}.branch_pool`, from, 192, 1)),
  );
}
