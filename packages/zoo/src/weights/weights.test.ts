/** Foreign names and layouts, and what weights that do not fit get. */
import type { Network, SafetensorsTensor } from '@attune/core';
import { tf, UserError } from '@attune/core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useCpuBackend, wavy } from '../../test/testing.ts';
import { createNetwork } from '../catalogue.ts';
import { assignWeights } from './assign.ts';
import type { Convention } from './conventions.ts';
import {
  ATTUNE,
  KERAS_MOBILENET_V2,
  SQUEEZENET_RELEASE,
  TORCH_INCEPTION_V3,
  TORCH_RESNET,
  TORCH_VGG16,
} from './conventions.ts';

beforeAll(useCpuBackend);

/** A file of zeros that fits the network. */
function blankFile(network: Network, convention: Convention): Map<string, SafetensorsTensor> {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const parameter of network.parameters.values()) {
    const shape = convention.foreignShape(parameter);
    const data = new Float32Array(parameter.variable.size);
    tensors.set(convention.foreignName(parameter.name), { dtype: 'F32', shape, data });
  }
  return tensors;
}

describe('foreign names', () => {
  it.each([
    ['squeezenet1_0', SQUEEZENET_RELEASE, 'fire9.expand3x3.bias', 'fire9/conv3x3_2/bias'],
    ['squeezenet1_0', SQUEEZENET_RELEASE, 'conv1.weight', 'conv1/kernel'],
    ['squeezenet1_0', SQUEEZENET_RELEASE, 'head.weight', 'conv_final/kernel'],
    ['mobilenet_v2_035', KERAS_MOBILENET_V2, 'conv1.weight', 'Conv1/kernel'],
    ['mobilenet_v2_035', KERAS_MOBILENET_V2, 'conv1.bn.running_var', 'bn_Conv1/moving_variance'],
    ['mobilenet_v2_035', KERAS_MOBILENET_V2, 'block0.depthwise.weight', 'expanded_conv_depthwise/depthwise_kernel'],
    ['mobilenet_v2_035', KERAS_MOBILENET_V2, 'block16.project.bn.weight', 'block_16_project_BN/gamma'],
    ['mobilenet_v2_035', KERAS_MOBILENET_V2, 'block3.expand.bn.running_mean', 'block_3_expand_BN/moving_mean'],
    ['mobilenet_v2_035', KERAS_MOBILENET_V2, 'conv_last.bn.bias', 'Conv_1_bn/beta'],
    ['resnet18', TORCH_RESNET, 'layer2.0.downsample.1.running_mean', 'layer2.0.downsample.1.running_mean'],
    ['resnet18', TORCH_RESNET, 'head.bias', 'fc.bias'],
    [
      'inception_v3',
      TORCH_INCEPTION_V3,
      'Mixed_7c.branch3x3dbl_3b.conv.weight',
      'Mixed_7c.branch3x3dbl_3b.conv.weight',
    ],
    ['vgg16', TORCH_VGG16, 'conv4_3.weight', 'features.21.weight'],
    ['vgg16', TORCH_VGG16, 'fc7.bias', 'classifier.3.bias'],
  ])('%s', (_, convention, ours, theirs) => {
    expect(convention.foreignName(ours)).toBe(theirs);
  });

  it('are as many as ours', () => {
    const network = createNetwork('mobilenet_v2_035', { classes: 2, size: 32 });
    expect(blankFile(network, KERAS_MOBILENET_V2).size).toBe(260 + 2);
    network.dispose();
  });
});

describe('torch layouts', () => {
  it('gives the kernel that computes what PyTorch computes', () => {
    const network = createNetwork('resnet18', { classes: 2, size: 32 });
    const tensors = blankFile(network, TORCH_RESNET);
    // OIHW, 64 x 3 x 7 x 7: the value says where it was.
    const kernel = Float32Array.from({ length: 64 * 3 * 49 }, (_, i) => i);
    tensors.set('conv1.weight', { dtype: 'F32', shape: [64, 3, 7, 7], data: kernel });
    tensors.set('fc.weight', { dtype: 'F32', shape: [2, 512], data: Float32Array.from({ length: 1024 }, (_, i) => i) });
    tensors.set('bn1.num_batches_tracked', { dtype: 'I64', shape: [], data: Int32Array.of(5) });
    assignWeights(network, tensors, { source: 'the file', convention: TORCH_RESNET });
    const hwio = network.parameters.get('conv1.weight')!.variable.arraySync() as number[][][][];
    for (const [o, i, h, w] of [
      [0, 0, 0, 1],
      [0, 0, 1, 0],
      [0, 1, 0, 0],
      [1, 0, 0, 0],
      [63, 2, 6, 5],
    ] as const)
      expect(hwio[h]![w]![i]![o]).toBe(((o * 3 + i) * 7 + h) * 7 + w);
    const head = network.parameters.get('head.weight')!.variable.arraySync() as number[][];
    expect(head[3]).toEqual([3, 512 + 3]);
    network.dispose();
  });

  it('reorders the inputs of a matrix that reads a flattened map', () => {
    const variable = tf.variable(tf.zeros([4 * 512, 2]));
    const parameter = { name: 'fc6.weight', role: 'weight', variable } as const;
    expect(TORCH_VGG16.foreignShape(parameter)).toEqual([2, 2048]);
    const moved = TORCH_VGG16.rearrange(
      parameter,
      Float32Array.from({ length: 4096 }, (_, i) => i),
    );
    // Row (place * 512 + channel), column output; theirs is output * 2048 + channel * 4 + place.
    expect(moved[(3 * 512 + 7) * 2 + 1]).toBe(2048 + 7 * 4 + 3);
    variable.dispose();
  });
});

describe('assignWeights', () => {
  let network: Network;
  let tensors: Map<string, SafetensorsTensor>;
  beforeEach(() => {
    network = createNetwork('shapes_cnn', { classes: 2, seed: 1 });
    tensors = blankFile(network, ATTUNE);
  });
  afterEach(() => network.dispose());
  const assign = (parts: 'all' | 'trunk' = 'all') =>
    assignWeights(network, tensors, { source: 'w.safetensors', convention: ATTUNE, parts });

  it('names what is missing, left over and wrongly shaped in one line, and changes nothing', () => {
    const before = network.parameters.get('conv1.weight')!.variable.dataSync().slice();
    const tensor = tensors.get('block1.conv1.weight')!;
    tensors.delete('head.bias');
    tensors.set('block1.conv1.weight', { ...tensor, shape: [9, 16, 24] });
    tensors.set('stray', tensor);
    tensors.set('block3.conv2.weight', { dtype: 'I32', shape: [3, 3, 96, 96], data: new Int32Array(9 * 96 * 96) });
    expect(() => assign()).toThrow(UserError);
    expect(() => assign()).toThrow(
      "The weights in w.safetensors do not fit shapes_cnn: missing: 'head.bias'; not part of the network: 'stray'; " +
        "wrongly shaped: 'block1.conv1.weight' is [9, 16, 24] instead of [3, 3, 16, 24], " +
        "'block3.conv2.weight' holds I32, not numbers.",
    );
    expect(network.parameters.get('conv1.weight')!.variable.dataSync()).toEqual(before);
  });

  it('counts what would make the line too long', () => {
    tensors.clear();
    expect(() => assign()).toThrow(/missing: 'conv1.weight', 'conv1.bn.weight', 'conv1.bn.bias' and \d+ more/);
  });

  it('leaves the head alone when only the trunk is asked for', () => {
    const head = network.parameters.get('head.weight')!.variable.dataSync().slice();
    assign('trunk');
    expect(network.parameters.get('head.weight')!.variable.dataSync()).toEqual(head);
    expect(
      network.parameters
        .get('conv1.weight')!
        .variable.dataSync()
        .every((v) => v === 0),
    ).toBe(true);
    tensors.set('head.weight', { dtype: 'F32', shape: [96, 2], data: wavy([96, 2]).dataSync() as Float32Array });
    assign();
    expect(network.parameters.get('head.weight')!.variable.dataSync()).not.toEqual(head);
  });
});
