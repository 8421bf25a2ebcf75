/** TensorFlow.js on ONNX Runtime, in this worker. */
import { availableProviders, registerOnnxBackend } from '@attune/backend-onnx';
import { tf } from '@attune/core';
import type { Engine, StartOptions } from '../api.ts';

/** A core is left to the page: what moves there must not wait for what is computed here. */
const threads = () => Math.max(1, Math.min(8, navigator.hardwareConcurrency - 1));

/** ONNX Runtime's files lie below the page's folder. */
export async function startEngine({ provider, base }: StartOptions): Promise<Engine> {
  const providers = await availableProviders();
  const webgpu = providers.some((found) => found.provider === 'webgpu' && found.available);
  const taken = provider === 'webgpu' && webgpu ? 'webgpu' : 'wasm';
  const backend = await registerOnnxBackend({
    provider: taken,
    threads: threads(),
    wasmPaths: new URL('onnxruntime/', base).href,
  });
  await tf.setBackend('onnx');
  await tf.ready();
  return { provider: taken, threads: backend.runtime.threads, webgpu };
}
