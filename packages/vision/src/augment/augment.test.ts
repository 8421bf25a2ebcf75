/** Crops, colours and mixtures: exact where nothing is drawn, in range and reproducible where something is. */
import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../images/decode.ts';
import { augmentedView, centreView, DEFAULT_AUGMENTATION, NO_AUGMENTATION } from './augmentation.ts';
import { centreBox, randomBox, resample } from './crop.ts';
import { jitterColours } from './jitter.ts';
import { beta, mixUp } from './mixup.ts';

const image = (width: number, height: number, value: (x: number, y: number, c: number) => number): Pixels => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  ),
});
const numbered = image(6, 5, (x, y, c) => (10 * (y * 6 + x)) / 2 + c);

describe('resample', () => {
  it('copies a box at whole pixels exactly, mirrored or not', () => {
    const box = { left: 2, top: 1, width: 3, height: 3 };
    const view = resample(numbered, box, 3, false);
    const mirror = resample(numbered, box, 3, true);
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++)
        for (let c = 0; c < 3; c++) {
          const source = numbered.data[((y + 1) * 6 + x + 2) * 3 + c];
          expect(view[(y * 3 + x) * 3 + c]).toBe(source);
          expect(mirror[(y * 3 + 2 - x) * 3 + c]).toBe(source);
        }
  });

  it('is exact on a ramp when it enlarges, away from the edges', () => {
    const ramp = image(8, 8, (x, y) => 10 * x + 20 * y);
    const view = resample(ramp, { left: 2, top: 2, width: 4, height: 4 }, 8, false);
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++)
        expect(view[(y * 8 + x) * 3]).toBeCloseTo(10 * (2 + x / 2 - 0.25) + 20 * (2 + y / 2 - 0.25), 3);
  });

  it('averages when it reduces, so that a fine chequerboard becomes grey', () => {
    const board = image(32, 32, (x, y) => ((x + y) % 2) * 255);
    const view = resample(board, { left: 0, top: 0, width: 32, height: 32 }, 8, false);
    for (const value of view) expect(Math.abs(value - 127.5)).toBeLessThan(10);
  });

  it('keeps a plain colour plain, to the very edge', () => {
    const plain = image(7, 9, () => 77);
    const view = resample(plain, { left: 0.3, top: 0.1, width: 6.7, height: 8.9 }, 5, true);
    for (const value of view) expect(value).toBeCloseTo(77, 3);
  });
});

describe('randomBox', () => {
  it('stays inside, with areas and shapes in range', () => {
    const random = Random.fromSeed(1);
    const range = { scale: [0.3, 0.9], ratio: [0.75, 1.25] } as const;
    const shares = Array.from({ length: 300 }, () => {
      const { left, top, width, height } = randomBox(
        image(40, 30, () => 0),
        range,
        random,
      );
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(left + width).toBeLessThanOrEqual(40 + 1e-9);
      expect(top + height).toBeLessThanOrEqual(30 + 1e-9);
      expect(width / height).toBeGreaterThan(0.7499);
      expect(width / height).toBeLessThan(1.2501);
      return (width * height) / 1200;
    });
    expect(Math.min(...shares)).toBeLessThan(0.35);
    expect(Math.max(...shares)).toBeGreaterThan(0.8);
  });

  it('falls back to the middle square where no crop fits', () => {
    const box = randomBox(
      image(40, 10, () => 0),
      { scale: [1, 1], ratio: [1, 1] },
      Random.fromSeed(1),
    );
    expect(box).toEqual({ left: 15, top: 0, width: 10, height: 10 });
  });
});

describe('views', () => {
  it('evaluation sees the centre', () => {
    expect(centreBox(numbered, 3)).toEqual({ left: 1, top: 1, width: 3, height: 3 });
    expect(centreView(numbered, 3)[0]).toBe(numbered.data[(6 + 1) * 3]);
    expect(augmentedView(numbered, 3, NO_AUGMENTATION, Random.fromSeed(1))).toEqual(centreView(numbered, 3));
  });

  it('training sees what the seed says, in range', () => {
    const draw = (seed: number) => augmentedView(numbered, 4, DEFAULT_AUGMENTATION, Random.fromSeed(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    for (const value of draw(3)) expect(value >= 0 && value <= 255).toBe(true);
  });

  it('mirrors every second image', () => {
    const flip = { ...NO_AUGMENTATION, flip: true };
    const plain = centreView(numbered, 3).join();
    const mirrored = Array.from({ length: 200 }, (_, seed) =>
      augmentedView(numbered, 3, flip, Random.fromSeed(seed)).join(),
    );
    const share = mirrored.filter((view) => view !== plain).length / 200;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.12);
  });
});

describe('jitterColours', () => {
  it('leaves colours alone at strength 0, and greys a picture without saturation', () => {
    const values = Float32Array.of(200, 100, 50, 10, 20, 30);
    const same = values.slice();
    jitterColours(same, { brightness: 0, contrast: 0, saturation: 0 }, Random.fromSeed(1));
    expect([...same]).toEqual([...values].map((v) => expect.closeTo(v, 3)));
  });

  it('changes brightness by a factor', () => {
    const values = Float32Array.of(100, 100, 100, 50, 50, 50);
    jitterColours(values, { brightness: 0.5, contrast: 0, saturation: 0 }, Random.fromSeed(4));
    expect(values[0]! / values[3]!).toBeCloseTo(2, 4);
    expect(values[0]).not.toBeCloseTo(100, 0);
  });
});

describe('mixup', () => {
  it('draws from Beta(alpha, alpha)', () => {
    for (const alpha of [0.2, 1, 4]) {
      const random = Random.fromSeed(alpha);
      const draws = Array.from({ length: 4000 }, () => beta(alpha, random));
      const mean = draws.reduce((sum, v) => sum + v, 0) / draws.length;
      const variance = draws.reduce((sum, v) => sum + (v - mean) ** 2, 0) / draws.length;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 0.9);
    }
  });

  it('blends images and targets by the same share', () => {
    const targets = Float32Array.of(1, 0, 0, 1);
    const images = Float32Array.of(100, 200);
    // Seeds under which the two are each other's partners.
    const seed = [1, 2, 3, 4, 5, 6, 7, 8].find((candidate) => {
      const copy = targets.slice();
      mixUp([copy], 2, 1, Random.fromSeed(candidate));
      return copy[1]! > 0;
    })!;
    mixUp([images, targets], 2, 1, Random.fromSeed(seed));
    expect(targets[1]).toBeGreaterThan(0);
    for (let row = 0; row < 2; row++) {
      expect(targets[2 * row]! + targets[2 * row + 1]!).toBeCloseTo(1, 6);
      expect(images[row]).toBeCloseTo(100 * targets[2 * row]! + 200 * targets[2 * row + 1]!, 3);
    }
  });
});
