/** The package's entry for browsers, which bundlers take through the export condition `browser`. As index.ts otherwise. */
import './gradients.ts';
import type { OnnxBackend } from './backend.ts';
import type { RegisterOptions } from './public.ts';
import { registerWith } from './register.ts';
import { openRuntime } from './runtime/web.ts';

export * from './public.ts';
export { availableProviders } from './runtime/web.ts';

/** Registers the backend with tfjs under the name 'onnx'. Follow with `await tf.setBackend('onnx')`. */
export async function registerOnnxBackend(options: RegisterOptions = {}): Promise<OnnxBackend> {
  return registerWith(await openRuntime(options), options);
}
