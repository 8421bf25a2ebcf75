/**
 * SqueezeNet 1.0: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", arXiv:1602.07360,
 * table 1, as its authors' Caffe release runs it: 227 px, BGR, no padding in conv1, pooling that rounds up.
 */
import type { ImageNetwork, Preprocessing } from '@attune/core';
import { convolution } from '../layers/convolution.ts';
import { averagedConvolutionHead, linearHead } from '../layers/heads.ts';
import { Initialiser } from '../layers/initialiser.ts';
import type { Layer } from '../layers/layer.ts';
import { concatenate, relu, sequence } from '../layers/layer.ts';
import { maxPool } from '../layers/pooling.ts';
import { group, StagedImageNetwork, stage } from '../staged-network.ts';
import type { BuildOptions } from './build-options.ts';
import { resized } from './build-options.ts';

export const SQUEEZENET_PREPROCESSING: Preprocessing = {
  size: 227,
  resize: 256,
  channels: 'bgr',
  mean: [104, 117, 123],
  std: [1, 1, 1],
};

export function squeezenet1_0(options: BuildOptions): ImageNetwork {
  const init = new Initialiser(options.seed);
  const preprocessing = resized(SQUEEZENET_PREPROCESSING, options.size);
  const pool = maxPool({ size: 3, stride: 2, edges: 'ceil' });
  return new StagedImageNetwork({
    name: 'squeezenet1_0',
    preprocessing,
    groups: [
      group(
        'conv1',
        stage('conv1', sequence(convolution(init, 'conv1', 3, 96, { kernel: 7, stride: 2, padding: 'valid' }), relu)),
        stage('pool1', pool),
      ),
      group('fire2', stage('fire2', fire(init, 'fire2', 96, 16, 64))),
      group('fire3', stage('fire3', fire(init, 'fire3', 128, 16, 64))),
      group('fire4', stage('fire4', fire(init, 'fire4', 128, 32, 128)), stage('pool4', pool)),
      group('fire5', stage('fire5', fire(init, 'fire5', 256, 32, 128))),
      group('fire6', stage('fire6', fire(init, 'fire6', 256, 48, 192))),
      group('fire7', stage('fire7', fire(init, 'fire7', 384, 48, 192))),
      group('fire8', stage('fire8', fire(init, 'fire8', 384, 64, 256)), stage('pool8', pool)),
      group('fire9', stage('fire9', fire(init, 'fire9', 512, 64, 256))),
    ],
    channels: 512,
    head:
      options.head === 'published'
        ? averagedConvolutionHead(init, 512, options.classes, mapSide(preprocessing.size))
        : linearHead(init, 512, options.classes),
  });
}

/** Section 3.2: a 1 x 1 convolution squeezes the channels, a 1 x 1 and a 3 x 3 one side by side expand them. */
function fire(init: Initialiser, name: string, from: number, squeeze: number, expand: number): Layer {
  return sequence(
    convolution(init, `${name}.squeeze`, from, squeeze, { kernel: 1, padding: 'valid' }),
    relu,
    concatenate(
      convolution(init, `${name}.expand1x1`, squeeze, expand, { kernel: 1, padding: 'valid' }),
      convolution(init, `${name}.expand3x3`, squeeze, expand, { kernel: 3, padding: 1 }),
    ),
    relu,
  );
}

/** Rows of the last map for an input of `size` pixels: conv1, then three poolings that round up. */
function mapSide(size: number): number {
  let side = Math.floor((size - 7) / 2) + 1;
  for (let i = 0; i < 3; i++) side = Math.ceil((side - 3) / 2) + 1;
  return side;
}
