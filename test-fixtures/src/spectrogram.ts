/** Spectrograms of short synthetic sounds, drawn directly in the time-frequency plane: time to the right, pitch upwards. */
import type { Random } from '@attune/core';
import type { Colour } from './canvas.ts';
import { Canvas } from './canvas.ts';

/** Loudness, in 0..1, at a time in 0..1 and a pitch in 0..1. */
type Sound = (time: number, pitch: number) => number;

/** A line of that pitch, as a bell curve across pitches. */
const line = (pitch: number, at: number, width = 0.035): number => Math.exp(-(((pitch - at) / width) ** 2));

/** Classes of sounds: each draws one from the random numbers. */
export const SOUNDS: Readonly<Record<string, (random: Random) => Sound>> = {
  falling: (random) => glide(random, -1),
  rising: (random) => glide(random, 1),
  hum: (random) => {
    const base = random.uniform(0.1, 0.22);
    return (_, pitch) => [1, 2, 3, 4].reduce((sum, n) => sum + line(pitch, n * base) / n ** 0.5, 0);
  },
  pulses: (random) => {
    const [rate, phase] = [random.uniform(3, 6), random.uniform(0, 1)];
    return (time, pitch) => Math.max(Math.sin(2 * Math.PI * (rate * time + phase)), 0) ** 4 * (1 - 0.5 * pitch);
  },
  warble: (random) => {
    const [centre, depth, rate] = [random.uniform(0.35, 0.65), random.uniform(0.08, 0.18), random.uniform(1.5, 3)];
    const phase = random.uniform(0, 2 * Math.PI);
    return (time, pitch) => line(pitch, centre + depth * Math.sin(2 * Math.PI * rate * time + phase), 0.05);
  },
};

function glide(random: Random, direction: 1 | -1): Sound {
  const [centre, slope] = [random.uniform(0.4, 0.6), random.uniform(0.3, 0.7)];
  return (time, pitch) => line(pitch, centre + direction * slope * (time - 0.5), 0.05);
}

/** Dark blue, violet, orange, pale yellow: a heat map. */
const HEAT: readonly Colour[] = [
  [8, 8, 32],
  [96, 24, 110],
  [230, 110, 40],
  [252, 248, 190],
];

export function spectrogram(makeSound: (random: Random) => Sound, size: number, random: Random): Uint8Array {
  const canvas = new Canvas(size);
  const sound = makeSound(random);
  const [start, length] = [random.uniform(0, 0.25), random.uniform(0.6, 0.75)];
  const [gain, hiss] = [random.uniform(0.5, 0.9), random.uniform(0.1, 0.3)];
  canvas.each((x, y) => {
    const time = (x + 0.5) / size;
    const pitch = 1 - (y + 0.5) / size;
    const heard = time >= start && time <= start + length ? gain * sound((time - start) / length, pitch) : 0;
    // The power of a noisy spectrum is distributed exponentially.
    const power = Math.min(Math.max(heard - hiss * 0.5 * Math.log(1 - random.uniform()), 0), 1) * (HEAT.length - 1);
    const step = Math.min(Math.floor(power), HEAT.length - 2);
    canvas.blend(x, y, HEAT[step + 1]!, power - step, HEAT[step]!);
  });
  return canvas.toBytes();
}
