/** Mixup (Zhang et al. 2017, arXiv:1710.09412): images and targets of a batch are blended with those of a partner. */
import type { Random } from '@attune/core';

/** Blends each of `rows` examples with a random partner, by one share drawn from Beta(alpha, alpha), in place. */
export function mixUp(arrays: readonly Float32Array[], rows: number, alpha: number, random: Random): void {
  const share = beta(alpha, random);
  const partners = random.permutation(rows);
  for (const values of arrays) {
    const length = values.length / rows;
    const original = values.slice();
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < length; i++)
        values[row * length + i] =
          share * original[row * length + i]! + (1 - share) * original[partners[row]! * length + i]!;
  }
}

/** A draw from Beta(alpha, alpha). */
export function beta(alpha: number, random: Random): number {
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)];
  // For a tiny alpha both draws may underflow; either end is then as likely.
  return a + b > 0 ? a / (a + b) : random.integer(2);
}

/** A draw from Gamma(shape, 1): Marsaglia and Tsang 2000, with their boost for shapes below 1. */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * random.uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
