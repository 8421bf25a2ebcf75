/** How fast the machine is with the current backend: what speeds are held against. */
import { compileStep } from './step.ts';
import { tf } from './tensorflow.ts';

const SIZE = 2048;
const RUNS = 8;

/** GFLOP/s of a float32 matrix product of 2048 x 2048, the best of eight; takes seconds. */
export async function measurePeak(): Promise<number> {
  const [a, b] = [
    tf.randomUniform([SIZE, SIZE], -1, 1, 'float32', 1),
    tf.randomUniform([SIZE, SIZE], -1, 1, 'float32', 2),
  ];
  const step = compileStep((x: tf.Tensor, y: tf.Tensor) => tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D), {
    name: 'matrix product',
  });
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    (await step.run(a, b)).dispose();
    best = Math.min(best, performance.now() - started);
  }
  step.dispose();
  tf.dispose([a, b]);
  return (2 * SIZE ** 3) / 1e6 / best;
}
