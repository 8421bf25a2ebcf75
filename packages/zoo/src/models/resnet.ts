/**
 * ResNet-18, -34 and -50: He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385, table 1, with the
 * parameter names, the order and the placement of strides (on the 3 x 3 convolution) of torchvision.
 */
import type { ImageNetwork } from '@attune/core';
import { batchNorm } from '../layers/batch-norm.ts';
import { convolution } from '../layers/convolution.ts';
import { linearHead } from '../layers/heads.ts';
import { Initialiser } from '../layers/initialiser.ts';
import type { Layer } from '../layers/layer.ts';
import { relu, residual, sequence } from '../layers/layer.ts';
import { maxPool } from '../layers/pooling.ts';
import { group, StagedImageNetwork, stage } from '../staged-network.ts';
import type { BuildOptions } from './build-options.ts';
import { resized, TORCH_IMAGENET } from './build-options.ts';

const EPSILON = 1e-5;

/** A block of table 1: `from` channels in, `width` in its 3 x 3 convolution, `width * widening` out. */
interface Block {
  readonly widening: number;
  path(init: Initialiser, name: string, from: number, width: number, stride: number): Layer;
}

const BASIC: Block = {
  widening: 1,
  path: (init, name, from, width, stride) =>
    sequence(
      convolution(init, `${name}.conv1`, from, width, { kernel: 3, stride, padding: 1, bias: false }),
      batchNorm(init, `${name}.bn1`, width, EPSILON),
      relu,
      convolution(init, `${name}.conv2`, width, width, { kernel: 3, padding: 1, bias: false }),
      batchNorm(init, `${name}.bn2`, width, EPSILON),
    ),
};

const BOTTLENECK: Block = {
  widening: 4,
  path: (init, name, from, width, stride) =>
    sequence(
      convolution(init, `${name}.conv1`, from, width, { kernel: 1, padding: 'valid', bias: false }),
      batchNorm(init, `${name}.bn1`, width, EPSILON),
      relu,
      convolution(init, `${name}.conv2`, width, width, { kernel: 3, stride, padding: 1, bias: false }),
      batchNorm(init, `${name}.bn2`, width, EPSILON),
      relu,
      convolution(init, `${name}.conv3`, width, 4 * width, { kernel: 1, padding: 'valid', bias: false }),
      batchNorm(init, `${name}.bn3`, 4 * width, EPSILON),
    ),
};

export const resnet18 = (options: BuildOptions): ImageNetwork => resnet('resnet18', BASIC, [2, 2, 2, 2], options);
export const resnet34 = (options: BuildOptions): ImageNetwork => resnet('resnet34', BASIC, [3, 4, 6, 3], options);
export const resnet50 = (options: BuildOptions): ImageNetwork => resnet('resnet50', BOTTLENECK, [3, 4, 6, 3], options);

function resnet(name: string, block: Block, depths: readonly number[], options: BuildOptions): ImageNetwork {
  const init = new Initialiser(options.seed);
  const stem = sequence(
    convolution(init, 'conv1', 3, 64, { kernel: 7, stride: 2, padding: 3, bias: false }),
    batchNorm(init, 'bn1', 64, EPSILON),
    relu,
  );
  const groups = [
    group('conv1', stage('conv1', stem), stage('pool1', maxPool({ size: 3, stride: 2, edges: 1 }))),
    ...depths.map((depth, i) => {
      const width = 64 * 2 ** i;
      const entering = i === 0 ? 64 : (width / 2) * block.widening;
      const blocks = Array.from({ length: depth }, (_, j) => {
        const blockName = `layer${i + 1}.${j}`;
        const from = j === 0 ? entering : width * block.widening;
        return stage(blockName, residualBlock(init, blockName, block, from, width, i > 0 && j === 0 ? 2 : 1));
      });
      return group(`layer${i + 1}`, ...blocks);
    }),
  ];
  const channels = 512 * block.widening;
  return new StagedImageNetwork({
    name,
    preprocessing: resized(TORCH_IMAGENET, options.size),
    groups,
    channels,
    head: linearHead(init, channels, options.classes),
  });
}

/** Figure 2: the path's output plus the input, projected where the shape changes (option B), then ReLU. */
function residualBlock(
  init: Initialiser,
  name: string,
  block: Block,
  from: number,
  width: number,
  stride: number,
): Layer {
  const to = width * block.widening;
  const path = block.path(init, name, from, width, stride);
  if (stride === 1 && from === to) return sequence(residual(path), relu);
  const projection = sequence(
    convolution(init, `${name}.downsample.0`, from, to, { kernel: 1, stride, padding: 'valid', bias: false }),
    batchNorm(init, `${name}.downsample.1`, to, EPSILON),
  );
  return sequence(residual(path, projection), relu);
}
