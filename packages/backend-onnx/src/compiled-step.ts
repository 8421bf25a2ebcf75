/** The type of a captured step: traced once, replayed with new inputs. */
import type * as tf from '@tensorflow/tfjs-core';

/** What a step may return. */
export type StepOutputs = tf.Tensor | readonly tf.Tensor[] | { readonly [name: string]: tf.Tensor };

/** A step that was captured by `compileStep`. The caller owns the returned tensors. */
export interface CompiledStep<Inputs extends readonly tf.Tensor[], Outputs extends StepOutputs> {
  /** Runs the step; works on every backend and in browsers. */
  run(...inputs: Inputs): Promise<Outputs>;
  /** Runs the step and blocks until it is done. Node only. */
  runSync(...inputs: Inputs): Outputs;
  /** Gives back sessions and buffers. The variables that the step updated keep their values. */
  dispose(): void;
}
