/**
 * VGG16: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", arXiv:1409.1556,
 * table 1, column D. The two hidden fully connected layers belong to the trunk: features are the 4,096 values after fc7.
 */
import type { ImageNetwork } from '@attune/core';
import { convolution, fullyConnected } from '../layers/convolution.ts';
import { dropout } from '../layers/dropout.ts';
import { linearHead } from '../layers/heads.ts';
import { Initialiser } from '../layers/initialiser.ts';
import { relu, sequence } from '../layers/layer.ts';
import { maxPool } from '../layers/pooling.ts';
import type { StageGroup } from '../staged-network.ts';
import { group, StagedImageNetwork, stage } from '../staged-network.ts';
import type { BuildOptions } from './build-options.ts';
import { resized, TORCH_IMAGENET } from './build-options.ts';

/** Convolutions of each block: how many, and of how many channels. */
const BLOCKS = [
  { convolutions: 2, channels: 64 },
  { convolutions: 2, channels: 128 },
  { convolutions: 3, channels: 256 },
  { convolutions: 3, channels: 512 },
  { convolutions: 3, channels: 512 },
] as const;

const HIDDEN = 4096;

/** `options.size` is a multiple of 32, and `fc6` fits that size alone: published weights need 224. */
export function vgg16(options: BuildOptions): ImageNetwork {
  const init = new Initialiser(options.seed);
  const preprocessing = resized(TORCH_IMAGENET, options.size);
  const pool = maxPool({ size: 2, stride: 2, edges: 'floor' });
  const groups: StageGroup[] = [];
  let from = 3;
  for (const [i, { convolutions, channels }] of BLOCKS.entries()) {
    const stages = [];
    for (let j = 1; j <= convolutions; j++, from = channels) {
      const name = `conv${i + 1}_${j}`;
      stages.push(stage(name, sequence(convolution(init, name, from, channels, { kernel: 3, padding: 1 }), relu)));
    }
    groups.push(group(`conv${i + 1}`, ...stages, stage(`pool${i + 1}`, pool)));
  }
  const side = Math.floor(preprocessing.size / 32);
  groups.push(
    group('fc6', stage('fc6', sequence(fullyConnected(init, 'fc6', side * side * 512, HIDDEN), relu, dropout(0.5)))),
    group('fc7', stage('fc7', sequence(fullyConnected(init, 'fc7', HIDDEN, HIDDEN), relu, dropout(0.5)))),
  );
  return new StagedImageNetwork({
    name: 'vgg16',
    preprocessing,
    groups,
    channels: HIDDEN,
    head: linearHead(init, HIDDEN, options.classes),
  });
}
