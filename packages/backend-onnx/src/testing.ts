/** Set-up that tests share. */
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxBackend, OnnxBackendOptions } from './backend.ts';
import { registerOnnxBackend } from './index.ts';

/** The backend, set as the current one; everything is compiled unless `options` say otherwise. */
export async function useOnnx(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  if (tf.findBackendFactory('onnx') !== null) tf.removeBackend('onnx');
  const backend = await registerOnnxBackend({ hostElements: 0, threads: 1, ...options });
  await tf.setBackend('onnx');
  return backend;
}

/** A variable of normal draws that depend on the seed alone. */
export function drawn(seed: number, shape: number[], deviation = 0.3): tf.Variable {
  return tf.tidy(() => tf.variable(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', seed), deviation)));
}
