/** A task that a tiny network learns in a second: small noisy images whose class is their colour. For tests. */
import { Random } from '../src/random.ts';
import { type ExampleSource, examplesInMemory } from '../src/train/data.ts';

export const SHAPE = [4, 4, 3];

export function toyExamples(count: number, seed: number): { inputs: Float32Array; labels: number[] } {
  const random = Random.fromSeed(seed);
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const inputs = Float32Array.from({ length: count * 48 }, (_, i) => {
    const channel = i % 3;
    return random.normal(labels[Math.floor(i / 48)] === channel ? 1 : 0, 0.5);
  });
  return { inputs, labels };
}

export function toySource(count: number, seed: number, shuffle = false): ExampleSource {
  return examplesInMemory({ ...toyExamples(count, seed), shape: SHAPE, shuffle });
}
