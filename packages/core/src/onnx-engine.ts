/**
 * The one door to `@attune/backend-onnx`: it is loaded when it is first needed, so that whoever runs on another backend
 * does not load ONNX Runtime.
 */
import type { CompiledStep, StepOutputs } from '@attune/backend-onnx';
import type { tf } from './tensorflow.ts';

/** The name under which the engine registers with TensorFlow.js. */
export const ONNX_BACKEND = 'onnx';

export interface StepOptions {
  /** What the step is called in warnings and profiles. */
  readonly name?: string;
}

/** What is used of the engine. */
export interface OnnxEngine {
  registerOnnxBackend(options?: { readonly provider?: never }): Promise<unknown>;
  compileStep<Inputs extends readonly tf.Tensor[], Outputs extends StepOutputs>(
    fn: (...inputs: Inputs) => Outputs,
    options?: StepOptions,
  ): CompiledStep<Inputs, Outputs>;
}

let loaded: OnnxEngine | undefined;

/** Loads the engine. Rejects when ONNX Runtime has no binary for this system. */
export async function loadOnnxEngine(): Promise<OnnxEngine> {
  loaded ??= (await import('@attune/backend-onnx')) as unknown as OnnxEngine;
  return loaded;
}

/** The engine if it was loaded before: what runs without waiting needs it to be. */
export function loadedOnnxEngine(): OnnxEngine | undefined {
  return loaded;
}
