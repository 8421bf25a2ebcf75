/** TensorFlow.js on ONNX Runtime, in this worker. */
import { availableProviders, registerOnnxBackend } from '@attune/backend-onnx';
import { tf } from '@attune/core';
import type { Engine } from '../api.ts';

/** A core is left to the page: what moves there must not wait for what is computed here. */
const threads = Math.max(1, Math.min(8, navigator.hardwareConcurrency - 1));

/** @param base Address of the page's folder: ONNX Runtime's files lie below it. */
export async function startEngine(provider: 'wasm' | 'webgpu', base: string): Promise<Engine> {
  const providers = await availableProviders();
  const webgpu = providers.some((found) => found.provider === 'webgpu' && found.available);
  const taken = provider === 'webgpu' && webgpu ? 'webgpu' : 'wasm';
  const backend = await registerOnnxBackend({
    provider: taken,
    threads,
    wasmPaths: new URL('onnxruntime/', base).href,
  });
  await tf.setBackend('onnx');
  await tf.ready();
  return { provider: taken, threads: backend.runtime.threads, webgpu };
}
