/**
 * A TensorFlow.js backend on ONNX Runtime.
 *
 * 1. `registerOnnxBackend` makes the backend known to tfjs under the name 'onnx'.
 * 2. `compileStep` captures a training or inference step: traced once, replayed without JavaScript per op.
 *
 * This is the entry for Node; bundlers take index.browser.ts, which has the same exports.
 */
import './gradients.ts';
import type { OnnxBackend } from './backend.ts';
import type { RegisterOptions } from './public.ts';
import { registerWith } from './register.ts';
import { nodeRuntime } from './runtime/node.ts';

export * from './public.ts';
export { availableProviders } from './runtime/providers.ts';

/** Registers the backend with tfjs under the name 'onnx'. Follow with `await tf.setBackend('onnx')`. */
export async function registerOnnxBackend(options: RegisterOptions = {}): Promise<OnnxBackend> {
  return registerWith(nodeRuntime(options.provider ?? 'cpu', options.threads), options);
}
