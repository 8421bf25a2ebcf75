/**
 * MobileNetV2 of any width: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", arXiv:1801.04381,
 * table 2, in the conventions of Keras Applications (epsilon 0.001, ReLU6, channels rounded to multiples of 8, the last
 * 1280 channels never narrowed).
 */
import type { ImageNetwork } from '@attune/core';
import { batchNorm } from '../layers/batch-norm.ts';
import { convolution, depthwiseConvolution } from '../layers/convolution.ts';
import { linearHead } from '../layers/heads.ts';
import { Initialiser } from '../layers/initialiser.ts';
import type { Layer } from '../layers/layer.ts';
import { relu6, residual, sequence } from '../layers/layer.ts';
import type { StageGroup } from '../staged-network.ts';
import { group, StagedImageNetwork, stage } from '../staged-network.ts';
import type { BuildOptions } from './build-options.ts';
import { resized, TENSORFLOW_IMAGENET } from './build-options.ts';

const EPSILON = 0.001;

/** Table 2: expansion t, channels c, repeats n, stride s of the first. */
const BOTTLENECKS = [
  { expansion: 1, channels: 16, repeats: 1, stride: 1 },
  { expansion: 6, channels: 24, repeats: 2, stride: 2 },
  { expansion: 6, channels: 32, repeats: 3, stride: 2 },
  { expansion: 6, channels: 64, repeats: 4, stride: 2 },
  { expansion: 6, channels: 96, repeats: 3, stride: 1 },
  { expansion: 6, channels: 160, repeats: 3, stride: 2 },
  { expansion: 6, channels: 320, repeats: 1, stride: 1 },
] as const;

/** Blocks are called `block0` to `block16`, in the paper's order; each row of the table is a layer group. */
export function mobilenetV2(name: string, width: number, options: BuildOptions): ImageNetwork {
  const init = new Initialiser(options.seed);
  const groups: StageGroup[] = [];
  let channels = roundToEight(32 * width);
  groups.push(
    group(
      'conv1',
      stage(
        'conv1',
        sequence(
          convolution(init, 'conv1', 3, channels, { kernel: 3, stride: 2, padding: 'same', bias: false }),
          batchNorm(init, 'conv1.bn', channels, EPSILON),
          relu6,
        ),
      ),
    ),
  );
  let block = 0;
  for (const [row, { expansion, channels: wide, repeats, stride }] of BOTTLENECKS.entries()) {
    const to = roundToEight(wide * width);
    const stages = [];
    for (let i = 0; i < repeats; i++, block++, channels = to) {
      const layer = bottleneck(init, `block${block}`, channels, to, expansion, i === 0 ? stride : 1);
      stages.push(stage(`block${block}`, layer));
    }
    groups.push(group(`bottleneck${row + 1}`, ...stages));
  }
  const last = width > 1 ? roundToEight(1280 * width) : 1280;
  groups.push(
    group(
      'conv_last',
      stage(
        'conv_last',
        sequence(
          convolution(init, 'conv_last', channels, last, { kernel: 1, padding: 'valid', bias: false }),
          batchNorm(init, 'conv_last.bn', last, EPSILON),
          relu6,
        ),
      ),
    ),
  );
  return new StagedImageNetwork({
    name,
    preprocessing: resized(TENSORFLOW_IMAGENET, options.size),
    groups,
    channels: last,
    head: linearHead(init, last, options.classes),
  });
}

/** Table 1 and figure 4: expand, filter each channel by itself, project linearly; a shortcut where shapes allow. */
function bottleneck(
  init: Initialiser,
  name: string,
  from: number,
  to: number,
  expansion: number,
  stride: number,
): Layer {
  const wide = from * expansion;
  const expand = () => [
    convolution(init, `${name}.expand`, from, wide, { kernel: 1, padding: 'same', bias: false }),
    batchNorm(init, `${name}.expand.bn`, wide, EPSILON),
    relu6,
  ];
  const path = sequence(
    ...(expansion === 1 ? [] : expand()),
    depthwiseConvolution(init, `${name}.depthwise`, wide, { kernel: 3, stride, padding: 'same' }),
    batchNorm(init, `${name}.depthwise.bn`, wide, EPSILON),
    relu6,
    convolution(init, `${name}.project`, wide, to, { kernel: 1, padding: 'same', bias: false }),
    batchNorm(init, `${name}.project.bn`, to, EPSILON),
  );
  return stride === 1 && from === to ? residual(path) : path;
}

/** The nearest multiple of 8, never less than nine tenths of the value (Keras's `_make_divisible`). */
function roundToEight(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
