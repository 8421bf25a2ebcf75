/**
 * The protocol that every pre-trained model implements, so that each transfer plan, data pipeline and command works on
 * any of them, whatever it takes in: named parameters, logits, features and head apart, taps at named layers, and layer
 * groups ordered by depth. Networks for images add a record of the preprocessing that their weights were trained with.
 */
import type * as tf from '@tensorflow/tfjs-core';

/**
 * What a parameter is, which decides how it may be treated: `weight` (kernels, matrices) takes weight decay, `bias` and
 * `norm` (scale and shift of a normalisation, the shift called `....bias` or `....shift`) do not, `statistic` (moving mean and variance) is never trained by gradient.
 */
export type ParameterRole = 'weight' | 'bias' | 'norm' | 'statistic';

/** One named parameter of a network. Frozen means `variable.trainable === false`; it takes effect at the next step. */
export interface Parameter {
  /** Unique in its network, dotted path, such as `fire2.squeeze.weight`. */
  readonly name: string;
  readonly role: ParameterRole;
  readonly variable: tf.Variable;
  /** What is added to the variable wherever it is read, such as LoRA's product; set by what adds it. See `parameterValue`. */
  delta?: (() => tf.Tensor) | undefined;
}

/** Parameters that are frozen, thawed or given a learning rate together. */
export interface LayerGroup {
  readonly name: string;
  /** Names of the group's parameters. Every parameter of a network is in exactly one group. */
  readonly parameters: readonly string[];
  /** True: the group was added to the pre-trained network, and the source has nothing for it. The head is not marked. */
  readonly added?: true;
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

/** What a network takes for one example. */
export interface NetworkInput {
  /** The batch left out, such as [224, 224, 3]. An axis whose length may vary, as a text's, has some length that is allowed. */
  readonly shape: readonly number[];
  /** `int32` for what is looked up in a table, such as numbers of words. */
  readonly dtype: 'float32' | 'int32';
}

export interface ApplyOptions {
  /** True: dropout draws, and normalisation layers whose scale is trainable use the batch's statistics. Default false. */
  readonly training?: boolean;
  /** Name of a layer whose output the input is: the pass begins above it. Default: with the network's own input. */
  readonly from?: string;
  /**
   * With `from`: the same examples as the network's own input. Networks whose upper layers look at it, as those of texts do
   * for where the words end, need it; to others it makes no difference.
   */
  readonly inputs?: tf.Tensor;
}

export interface RunOptions extends ApplyOptions {
  /** Names of the layers whose outputs are wanted besides. Default: none. */
  readonly taps?: readonly string[];
}

/**
 * All that one pass over a batch of N examples can give. A network that predicts at every place of a sequence, as language
 * models do, gives features and logits of each place, example after example: then N stands for examples times places.
 */
export interface NetworkOutputs {
  /** Outputs of the layers that were asked for, by name. */
  readonly taps: Readonly<Record<string, tf.Tensor>>;
  /** What the head sees, [N, featureSize]. */
  readonly features: tf.Tensor2D;
  /** [N, classes]. */
  readonly logits: tf.Tensor2D;
}

/** What may be put behind a layer: its output has the shape of its input. */
export type InsertedLayer = (x: tf.Tensor, training: boolean) => tf.Tensor;

export interface Network {
  /** The name in the catalogue, such as `squeezenet1_0`. */
  readonly name: string;
  readonly input: NetworkInput;
  /** Number of outputs of the head. */
  readonly classes: number;
  /** Length of one feature vector, as `features` gives it. */
  readonly featureSize: number;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** From the input to the head; the last group is the head. */
  readonly layerGroups: readonly LayerGroup[];
  /** Names of the layers whose output may be read, ordered by depth. */
  readonly taps: readonly string[];

  /** Logits [N, classes] of a batch [N, ...input.shape]. */
  apply(inputs: tf.Tensor, options?: ApplyOptions): tf.Tensor2D;
  /** What the head sees, [N, featureSize]. `apply` is `head(features(x))`. */
  features(inputs: tf.Tensor, options?: ApplyOptions): tf.Tensor2D;
  /** Logits [N, classes] of features [N, featureSize]. */
  head(features: tf.Tensor2D, options?: ApplyOptions): tf.Tensor2D;
  /** Outputs of the named layers. @throws when a name is not in `taps`; the message shows the nearest names. */
  tap(inputs: tf.Tensor, names: readonly string[], options?: ApplyOptions): Record<string, tf.Tensor>;
  /** Logits, features and outputs of the named layers, in one pass. @throws as `tap`. */
  run(inputs: tf.Tensor, options?: RunOptions): NetworkOutputs;
  /** Replaces the head by a freshly initialised one of `classes` outputs; disposes of the old one. */
  resetHead(classes: number, seed: number): void;
  /**
   * Leaves out every layer above the named one and disposes of them; a new head of as many classes stands on its output.
   * It comes before `insertAfter` and `addGroup`.
   * @throws UserError when the name is not in `taps`, with the nearest names.
   */
  cutAt(tap: string, seed: number): void;
  /** Passes the output of a layer through another from now on; one after the other where there are several. */
  insertAfter(tap: string, layer: InsertedLayer): void;
  /** Adds parameters as a group below the head; they are disposed of with the network. @throws UserError when it is there. */
  addGroup(name: string, parameters: readonly Parameter[]): void;
  /** Takes a group of `addGroup` away again and disposes of its parameters. */
  removeGroup(name: string): void;
  dispose(): void;
}

/** A network whose input is a preprocessed image [N, size, size, channels]. */
export interface ImageNetwork extends Network {
  readonly preprocessing: Preprocessing;
}

/** The input of an image network. */
export function imageInput({ size, channels }: Preprocessing): NetworkInput {
  return { shape: [size, size, channels === 'gray' ? 1 : 3], dtype: 'float32' };
}
