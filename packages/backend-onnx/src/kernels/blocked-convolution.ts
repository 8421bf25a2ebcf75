/**
 * Convolutions on ONNX Runtime's blocked layout: channels in blocks as wide as a vector register, NCHWc. Its optimiser
 * chooses this form only for kernels that are constants; while a network is trained they are not, so the reordering is
 * written out here. A kernel OIHW becomes blocks of [input, output] channels, by one transposition.
 *
 * The operators are internal ones of ONNX Runtime's CPU provider; `Runtime.blockSize` is 0 wherever they are missing.
 * Measured in docs/decisions/0005.
 */
import type { Lowering } from '../onnx/lowering.ts';
import type { ConvolutionGeometry } from './patches.ts';

export const BLOCKED = 'com.microsoft.nchwc';

/** From this many weights on, transposing the kernel costs more than the faster convolution gives back. */
const MOST_WEIGHTS = 160_000;

/** Whether the form exists for the shape, and pays. */
export function canBlock(graph: Lowering, g: ConvolutionGeometry): boolean {
  const block = graph.blockSize;
  if (block === 0 || g.outSize[0] * g.outSize[1] < 16) return false;
  const weights = g.inChannels * g.outChannels * g.kernel[0] * g.kernel[1];
  const blocks = g.inChannels % block === 0 || g.inChannels < 4;
  return blocks && g.outChannels % block === 0 && weights <= MOST_WEIGHTS;
}

export interface BlockedOptions {
  /** Name of a vector [O]. */
  readonly bias?: string | undefined;
  readonly relu?: boolean;
}

/** The convolution of x [N, I, H, W] by a kernel [O, I, H, W]: [N, O, H', W']. */
export function blockedConvolution(
  graph: Lowering,
  x: string,
  kernel: string,
  g: ConvolutionGeometry,
  options: BlockedOptions = {},
): string {
  const block = graph.blockSize;
  const [height, width] = g.kernel;
  const outBlocks = [g.outChannels / block, block];
  const shape = [g.outChannels, g.inChannels, height, width];
  // Few input channels are read as they are.
  if (g.inChannels < block) {
    const blocks = graph.op('Transpose', [graph.reshape(kernel, [...outBlocks, g.inChannels, height, width])], {
      perm: [0, 2, 3, 4, 1],
    });
    return multiply(graph, x, graph.reshape(blocks, shape), g, options);
  }
  const split = graph.reshape(kernel, [...outBlocks, g.inChannels / block, block, height, width]);
  const blocks = graph.op('Transpose', [split], { perm: [0, 2, 4, 5, 3, 1] });
  return multiply(graph, reordered(graph, x), graph.reshape(blocks, shape), g, options);
}

/**
 * The gradient with respect to x for stride 1: the convolution of dy [N, O, H', W'] by the kernel turned by 180 degrees,
 * with its channels exchanged. `g` is the geometry of that convolution: its input channels are O.
 */
export function blockedTurnedConvolution(graph: Lowering, dy: string, kernel: string, g: ConvolutionGeometry): string {
  const block = graph.blockSize;
  const [height, width] = g.kernel;
  const split = graph.reshape(kernel, [g.inChannels / block, block, g.outChannels / block, block, height, width]);
  let blocks = graph.op('Transpose', [split], { perm: [2, 0, 4, 5, 1, 3] });
  if (height * width > 1) {
    const backwards = graph.int64([-1, -1]);
    blocks = graph.op('Slice', [
      blocks,
      backwards,
      graph.int64([-height - 1, -width - 1]),
      graph.int64([2, 3]),
      backwards,
    ]);
  }
  const turned = graph.reshape(blocks, [g.outChannels, g.inChannels, height, width]);
  return multiply(graph, reordered(graph, dy), turned, g, {});
}

/** Turning needs whole blocks on both sides. */
export function canBlockTurned(graph: Lowering, g: ConvolutionGeometry): boolean {
  return canBlock(graph, g) && g.inChannels % graph.blockSize === 0;
}

function reordered(graph: Lowering, x: string): string {
  return graph.shared(`blocked:${x}`, () => graph.op('ReorderInput', [x], {}, { domain: BLOCKED }));
}

function multiply(graph: Lowering, x: string, kernel: string, g: ConvolutionGeometry, options: BlockedOptions): string {
  const attributes = {
    kernel_shape: g.kernel,
    strides: g.strides,
    dilations: g.dilations,
    pads: [g.padding[0][0], g.padding[1][0], g.padding[0][1], g.padding[1][1]],
    ...(options.relu === true ? { activation: 'Relu' } : {}),
  };
  const inputs = options.bias === undefined ? [x, kernel] : [x, kernel, options.bias];
  const result = graph.op('Conv', inputs, attributes, { domain: BLOCKED });
  return graph.op('ReorderOutput', [result], { channels: g.outChannels }, { domain: BLOCKED });
}
