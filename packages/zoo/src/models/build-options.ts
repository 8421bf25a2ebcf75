/** What every model's build function takes, and the preprocessing records that several of them share. */
import type { Preprocessing } from '@attune/core';

export interface BuildOptions {
  /** Outputs of the head. */
  readonly classes: number;
  /** Fixes every initial weight. Undefined: all zero, for a network that is about to be filled from a file. */
  readonly seed?: number | undefined;
  /** Side of the input, pixels; default: what the weights were trained at. Weights fit any, except VGG16's `fc6`. */
  readonly size?: number | undefined;
  /** `published`: the head as in the original network where that differs from a linear one (SqueezeNet). */
  readonly head?: 'linear' | 'published' | undefined;
}

/** `record` for another input size; the shorter edge keeps its ratio to the crop. */
export function resized(record: Preprocessing, size: number | undefined): Preprocessing {
  if (size === undefined || size === record.size) return record;
  return { ...record, size, resize: Math.round((record.resize * size) / record.size) };
}

/** PyTorch's ImageNet models: RGB, each channel standardised. */
export const TORCH_IMAGENET: Preprocessing = {
  size: 224,
  resize: 256,
  channels: 'rgb',
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};

/** TensorFlow's ImageNet models: RGB, scaled to -1..1. */
export const TENSORFLOW_IMAGENET: Preprocessing = {
  size: 224,
  resize: 256,
  channels: 'rgb',
  mean: [127.5, 127.5, 127.5],
  std: [127.5, 127.5, 127.5],
};
