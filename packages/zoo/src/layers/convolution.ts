/** Convolutions on NHWC maps with HWIO kernels, full and depthwise, in every padding convention of the model zoos. */
import type { Parameter } from '@attune/core';
import { parameterValue, tf } from '@attune/core';
import type { Initialiser } from './initialiser.ts';
import type { Layer } from './layer.ts';

/**
 * `same`: TensorFlow's rule, the smaller half of the padding comes first (also what Keras's explicit padding before a
 * strided layer amounts to); `valid`: none; a number or a pair [rows, columns]: that many zeros on each side.
 */
export type Padding = 'same' | 'valid' | number | readonly [rows: number, columns: number];

export interface ConvolutionOptions {
  /** Rows and columns of the kernel; one number for a square one. */
  readonly kernel: number | readonly [rows: number, columns: number];
  /** Default 1. */
  readonly stride?: number;
  readonly padding: Padding;
  /** Whether a bias is added. Default true; a convolution before a normalisation has none. */
  readonly bias?: boolean;
}

/** A convolution of `from` to `to` channels; parameters `name.weight` [rows, columns, from, to], `name.bias` [to]. */
export function convolution(
  init: Initialiser,
  name: string,
  from: number,
  to: number,
  options: ConvolutionOptions,
): Layer {
  const [rows, columns] = pair(options.kernel);
  const stride = options.stride ?? 1;
  const pad = tfPadding(options.padding);
  const weight = init.parameter(`${name}.weight`, 'weight', [rows, columns, from, to], 'he');
  const bias = (options.bias ?? true) ? init.parameter(`${name}.bias`, 'bias', [to], 'zeros') : undefined;
  return {
    parameters: bias ? [weight, bias] : [weight],
    apply: (x) => withBias(tf.conv2d(x, parameterValue<tf.Rank.R4>(weight), stride, pad), bias),
  };
}

/** One kernel a channel, without bias; parameter `name.weight` [kernel, kernel, channels, 1]. */
export function depthwiseConvolution(
  init: Initialiser,
  name: string,
  channels: number,
  options: { readonly kernel: number; readonly stride: number; readonly padding: Padding },
): Layer {
  const pad = tfPadding(options.padding);
  const weight = init.parameter(`${name}.weight`, 'weight', [options.kernel, options.kernel, channels, 1], 'he');
  return {
    parameters: [weight],
    apply: (x) => tf.depthwiseConv2d(x, parameterValue<tf.Rank.R4>(weight), options.stride, pad),
  };
}

/**
 * Flattens [N, H, W, C] in that order and multiplies: a fully connected layer inside a trunk, output [N, 1, 1, to];
 * parameters `name.weight` [from, to] and `name.bias` [to].
 */
export function fullyConnected(init: Initialiser, name: string, from: number, to: number): Layer {
  const weight = init.parameter(`${name}.weight`, 'weight', [from, to], 'he');
  const bias = init.parameter(`${name}.bias`, 'bias', [to], 'zeros');
  return {
    parameters: [weight, bias],
    apply: (x) => {
      const product = tf.matMul(tf.reshape(x, [x.shape[0], -1]), parameterValue<tf.Rank.R2>(weight));
      return tf.reshape(tf.add(product, parameterValue(bias)), [x.shape[0], 1, 1, to]);
    },
  };
}

function withBias(x: tf.Tensor4D, bias: Parameter | undefined): tf.Tensor4D {
  return bias ? tf.add(x, parameterValue(bias)) : x;
}

function pair(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

function tfPadding(padding: Padding): 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]] {
  if (typeof padding === 'string' || typeof padding === 'number') return padding;
  const [rows, columns] = padding;
  return [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ];
}
