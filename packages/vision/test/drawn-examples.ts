/** Pictures as examples, without files: stripes of a width for each class, in noise. */
import { Random } from '@attune/core';
import type { Example } from '../src/dataset/open.ts';

/** `counts[label]` pictures of each class, one class after the other. */
export function drawnExamples(counts: readonly number[], size = 16, seed = 1): Example[] {
  return counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i): Example => {
      const name = `${label}/${i}`;
      return {
        name,
        label,
        async pixels() {
          const random = Random.fromSeed(seed).fork(name);
          const [phase, period] = [random.uniform() * 8, 2 + 3 * label];
          const data = Uint8Array.from({ length: size * size * 3 }, (_, p) => {
            const x = Math.floor(p / 3) % size;
            return 128 + 70 * Math.sin((2 * Math.PI * (x + phase)) / period) + 40 * (random.uniform() - 0.5);
          });
          return { width: size, height: size, data };
        },
      };
    }),
  );
}
