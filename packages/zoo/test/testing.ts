/** Shared by the tests: TensorFlow.js's own `cpu` backend, and values that are spread out without being random. */
import { selectBackend, tf } from '@attune/core';

export async function useCpuBackend(): Promise<void> {
  await selectBackend({ prefer: 'cpu' });
}

/** A tensor of values in -1..1 from a fixed formula. */
export function wavy<Rank extends tf.Rank>(shape: tf.ShapeMap[Rank]): tf.Tensor<Rank> {
  const count = (shape as number[]).reduce((product, size) => product * size, 1);
  return tf.tensor<Rank>(
    Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + (i % 13))),
    shape,
  );
}
