/**
 * The protocol that every pre-trained model implements, so that each transfer plan, data pipeline and command works on
 * any of them: named parameters, logits, features and head apart, taps at named layers, layer groups ordered by depth,
 * and a record of the preprocessing that the weights were trained with.
 */
import type * as tf from '@tensorflow/tfjs-core';

/**
 * What a parameter is, which decides how it may be treated: `weight` (kernels, matrices) takes weight decay, `bias` and
 * `norm` (scale and shift of a normalisation) do not, `statistic` (moving mean and variance) is never trained by gradient.
 */
export type ParameterRole = 'weight' | 'bias' | 'norm' | 'statistic';

/** One named parameter of a network. Frozen means `variable.trainable === false`; it takes effect at the next step. */
export interface Parameter {
  /** Unique in its network, dotted path, such as `fire2.squeeze.weight`. */
  readonly name: string;
  readonly role: ParameterRole;
  readonly variable: tf.Variable;
}

/** Parameters that are frozen, thawed or given a learning rate together. */
export interface LayerGroup {
  readonly name: string;
  /** Names of the group's parameters. Every parameter of a network is in exactly one group. */
  readonly parameters: readonly string[];
}

/** How an image becomes the tensor that the weights were trained on. */
export interface Preprocessing {
  /** Side of the square input, pixels. */
  readonly size: number;
  /** Side that the shorter edge is resized to before the centre crop of `size`, pixels. */
  readonly resize: number;
  readonly channels: 'rgb' | 'bgr' | 'gray';
  /** A pixel p in 0..255 of channel c becomes (p - mean[c]) / std[c], in the order of `channels`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface ApplyOptions {
  /** True: dropout draws, and normalisation layers whose scale is trainable use the batch's statistics. Default false. */
  readonly training?: boolean;
}

export interface Network {
  /** The name in the catalogue, such as `squeezenet1_0`. */
  readonly name: string;
  readonly preprocessing: Preprocessing;
  /** Number of outputs of the head. */
  readonly classes: number;
  /** Length of one feature vector, as `features` gives it. */
  readonly featureSize: number;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** From the input to the head; the last group is the head. */
  readonly layerGroups: readonly LayerGroup[];
  /** Names of the layers whose output may be read, ordered by depth. */
  readonly taps: readonly string[];

  /** Logits [N, classes] of a preprocessed batch [N, H, W, C]. */
  apply(images: tf.Tensor4D, options?: ApplyOptions): tf.Tensor2D;
  /** What the head sees, [N, featureSize]. `apply` is `head(features(x))`. */
  features(images: tf.Tensor4D, options?: ApplyOptions): tf.Tensor2D;
  /** Logits [N, classes] of features [N, featureSize]. */
  head(features: tf.Tensor2D, options?: ApplyOptions): tf.Tensor2D;
  /** Outputs of the named layers. @throws when a name is not in `taps`; the message shows the nearest names. */
  tap(images: tf.Tensor4D, names: readonly string[], options?: ApplyOptions): Record<string, tf.Tensor>;
  /** Replaces the head by a freshly initialised one of `classes` outputs; disposes of the old one. */
  resetHead(classes: number, seed: number): void;
  dispose(): void;
}
