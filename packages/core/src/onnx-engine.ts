/**
 * The one door to `@attune/backend-onnx`: it is loaded when it is first needed, so that whoever runs on another backend
 * does not load ONNX Runtime.
 */
import type { CompileStepOptions, OnnxBackend } from '@attune/backend-onnx';
import { tf } from './tensorflow.ts';

export type OnnxEngine = typeof import('@attune/backend-onnx');
export type StepOptions = CompileStepOptions;

/** The name under which the engine registers with TensorFlow.js. */
export const ONNX_BACKEND = 'onnx';

let loaded: OnnxEngine | undefined;

/** Loads the engine. Rejects when ONNX Runtime has no binary for this system. */
export async function loadOnnxEngine(): Promise<OnnxEngine> {
  loaded ??= await import('@attune/backend-onnx');
  return loaded;
}

/** The engine if it was loaded before: what runs without waiting needs it to be. */
export function loadedOnnxEngine(): OnnxEngine | undefined {
  return loaded;
}

/** Starts the stream that captured steps draw from; does nothing on another backend. */
export function seedOnnxDraws(seed: number): void {
  if (tf.getBackend() === ONNX_BACKEND) (tf.backend() as OnnxBackend).random.seed(seed);
}
