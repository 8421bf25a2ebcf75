/** A rectangle comes from a partner, and the targets say how large it is. */
import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { cutMix } from './cutmix.ts';

const [ROWS, SIZE, CHANNELS, CLASSES] = [4, 8, 3, 4];

/** Image i is of the value i all over, of class i. */
function batch() {
  const images = Float32Array.from({ length: ROWS * SIZE * SIZE * CHANNELS }, (_, i) =>
    Math.floor(i / (SIZE * SIZE * CHANNELS)),
  );
  const targets = Float32Array.from({ length: ROWS * CLASSES }, (_, i) =>
    i % CLASSES === Math.floor(i / CLASSES) ? 1 : 0,
  );
  return { images, targets, rows: ROWS, size: SIZE };
}

describe('cutMix', () => {
  it('mixes the targets by the area that came from the partner, the same for every image', () => {
    let mixed = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { images, targets, ...rest } = batch();
      cutMix({ images, targets, ...rest }, 1, Random.fromSeed(seed));
      for (let row = 0; row < ROWS; row++) {
        const pixels = images.subarray(row * SIZE * SIZE * CHANNELS, (row + 1) * SIZE * SIZE * CHANNELS);
        for (let label = 0; label < CLASSES; label++) {
          const share = pixels.filter((value) => value === label).length / pixels.length;
          expect(targets[row * CLASSES + label]).toBeCloseTo(share, 5);
        }
        const own = targets[row * CLASSES + row]!;
        if (own > 0 && own < 1) mixed++;
      }
    }
    expect(mixed).toBeGreaterThan(60);
  });

  it('cuts a rectangle, in all channels', () => {
    const { images, targets, ...rest } = batch();
    const seed = [...Array(100).keys()].find((candidate) => {
      const tried = batch();
      cutMix(tried, 1, Random.fromSeed(candidate));
      return tried.targets[0]! > 0.2 && tried.targets[0]! < 0.8;
    })!;
    cutMix({ images, targets, ...rest }, 1, Random.fromSeed(seed));
    const foreign = [...Array(SIZE * SIZE).keys()].filter((i) => images[i * CHANNELS] !== 0);
    const xs = foreign.map((i) => i % SIZE);
    const ys = foreign.map((i) => Math.floor(i / SIZE));
    const area = (Math.max(...xs) - Math.min(...xs) + 1) * (Math.max(...ys) - Math.min(...ys) + 1);
    expect(foreign).toHaveLength(area);
    for (const i of foreign)
      for (let c = 1; c < CHANNELS; c++) expect(images[i * CHANNELS + c]).toBe(images[i * CHANNELS]);
  });

  it('follows the seed, and keeps the share that Beta(alpha, alpha) draws on average', () => {
    const draw = (seed: number) => {
      const drawn = batch();
      cutMix(drawn, 1, Random.fromSeed(seed));
      return drawn;
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3).images).not.toEqual(draw(4).images);
    for (const value of draw(5).targets) expect(value >= 0 && value <= 1).toBe(true);
  });
});
