/**
 * What a network is made of: a layer is a function of a feature map together with the parameters that it reads. Layers
 * are values, so a model file is one expression that reads from top to bottom like the table in its paper.
 */
import type { Parameter } from '@attune/core';
import { tf } from '@attune/core';

export interface Layer {
  /** The parameters that `apply` reads, in the order in which they were declared. */
  readonly parameters: readonly Parameter[];
  /** Maps a batch [N, H, W, C] to a batch [N, H', W', C']; `training` is that of `ApplyOptions`. */
  apply(x: tf.Tensor4D, training: boolean): tf.Tensor4D;
}

/** A layer without parameters. */
export function pure(apply: (x: tf.Tensor4D, training: boolean) => tf.Tensor4D): Layer {
  return { parameters: [], apply };
}

/** One layer after the other. */
export function sequence(...layers: readonly Layer[]): Layer {
  return {
    parameters: layers.flatMap((layer) => layer.parameters),
    apply: (x, training) => layers.reduce((map, layer) => layer.apply(map, training), x),
  };
}

/** Every branch on the same input; the outputs are concatenated over channels, in the order of the branches. */
export function concatenate(...branches: readonly Layer[]): Layer {
  return {
    parameters: branches.flatMap((branch) => branch.parameters),
    apply: (x, training) => {
      const outputs = branches.map((branch) => branch.apply(x, training));
      return tf.concat(outputs, 3);
    },
  };
}

/** `path(x) + shortcut(x)`; without a shortcut the input itself is added. */
export function residual(path: Layer, shortcut?: Layer): Layer {
  return {
    parameters: [...path.parameters, ...(shortcut?.parameters ?? [])],
    apply: (x, training) => tf.add(path.apply(x, training), shortcut ? shortcut.apply(x, training) : x),
  };
}

export const relu: Layer = pure((x) => tf.relu(x));

/** min(max(x, 0), 6), the activation of MobileNets. */
export const relu6: Layer = pure((x) => tf.relu6(x));
