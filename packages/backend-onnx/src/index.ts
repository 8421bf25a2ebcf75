/**
 * A TensorFlow.js backend on ONNX Runtime.
 *
 * 1. `registerOnnxBackend` makes the backend known to tfjs under the name 'onnx'.
 * 2. `compileStep` captures a training or inference step: traced once, replayed without JavaScript per op.
 */
import './gradients.ts';
import type { OnnxBackend, OnnxBackendOptions } from './backend.ts';
import { registerWith } from './register.ts';
import { nodeRuntime } from './runtime/node.ts';
import type { ExecutionProvider } from './runtime/runtime.ts';

export type { OnnxBackend, OnnxBackendOptions } from './backend.ts';
export { type CompiledStep, type CompileStepOptions, compileStep } from './capture/compile-step.ts';
export type { StepOutputs } from './capture/trace.ts';
export { BACKEND_NAME, kernelNames, kernelSupport } from './register.ts';
export type { ExecutionProvider } from './runtime/runtime.ts';
export { RandomStream, type RandomState } from './random-stream.ts';
export type { BackendStats } from './stats.ts';

export interface RegisterOptions extends OnnxBackendOptions {
  /** Where graphs run. Default `cpu`. */
  readonly provider?: ExecutionProvider;
  /** Threads of a session. Default: the number of cores. */
  readonly threads?: number;
}

/** Registers the backend with tfjs under the name 'onnx'. Follow with `await tf.setBackend('onnx')`. */
export async function registerOnnxBackend(options: RegisterOptions = {}): Promise<OnnxBackend> {
  return registerWith(nodeRuntime(options.provider ?? 'cpu', options.threads), options);
}
