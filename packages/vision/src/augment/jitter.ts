/** Colour jitter: brightness, contrast and saturation changed by random factors, in random order, as PyTorch's does. */
import type { Random } from '@attune/core';

/** A strength s draws the factor from [1 - s, 1 + s], never below 0. */
export interface Jitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** Changes RGB values in 0..255 in place; they stay in 0..255. */
export function jitterColours(values: Float32Array, jitter: Jitter, random: Random): void {
  const factor = (strength: number) => random.uniform(Math.max(1 - strength, 0), 1 + strength);
  const brightness = factor(jitter.brightness);
  const contrast = factor(jitter.contrast);
  const saturation = factor(jitter.saturation);
  const changes = [
    () => blend(values, brightness, () => 0),
    () => {
      const mean = meanLuminance(values);
      blend(values, contrast, () => mean);
    },
    () => blend(values, saturation, (i) => luminance(values, i)),
  ];
  for (const change of random.shuffle(changes)) change();
}

/** Every pixel becomes factor * pixel + (1 - factor) * base. */
function blend(values: Float32Array, factor: number, base: (offset: number) => number): void {
  for (let i = 0; i < values.length; i += 3) {
    const rest = (1 - factor) * base(i);
    for (let c = i; c < i + 3; c++) values[c] = Math.min(Math.max(factor * values[c]! + rest, 0), 255);
  }
}

function meanLuminance(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 3) sum += luminance(values, i);
  return (3 * sum) / values.length;
}

/** ITU-R BT.601 luma of the pixel that begins at `offset`. */
export function luminance(values: ArrayLike<number>, offset: number): number {
  return 0.299 * values[offset]! + 0.587 * values[offset + 1]! + 0.114 * values[offset + 2]!;
}
