/** A small RGB picture that is drawn on by coverage: every edge is anti-aliased, every colour a triple in 0..255. */
import type { Random } from '@attune/core';
import type { Outline } from './shapes.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** How much ink, in 0..1, lies at a place given in units of the shape's radius. */
export type Fill = (x: number, y: number) => number;

/** Where a shape is put, and how. */
export interface Placement {
  /** Centre, pixels. */
  readonly x: number;
  readonly y: number;
  /** Pixels. */
  readonly radius: number;
  /** Radians. */
  readonly turn: number;
}

export class Canvas {
  readonly pixels: Float32Array;

  constructor(readonly size: number) {
    this.pixels = new Float32Array(size * size * 3);
  }

  /** A gradient from one colour to another, in the direction of the angle. */
  gradient(from: Colour, to: Colour, angle: number): void {
    const [dx, dy] = [Math.cos(angle) / this.size, Math.sin(angle) / this.size];
    this.each((x, y) => {
      const along = Math.min(Math.max((x - this.size / 2) * dx + (y - this.size / 2) * dy + 0.5, 0), 1);
      this.blend(x, y, to, along, from);
    });
  }

  /** An outline filled with a colour, as far as the fill has ink; elsewhere inside, with `paper` where that is given. */
  shape(outline: Outline, place: Placement, ink: Colour, fill: Fill = () => 1, paper?: Colour): void {
    const [cos, sin] = [Math.cos(place.turn) / place.radius, Math.sin(place.turn) / place.radius];
    this.each((x, y) => {
      const [dx, dy] = [x + 0.5 - place.x, y + 0.5 - place.y];
      const [u, v] = [dx * cos + dy * sin, dy * cos - dx * sin];
      const coverage = Math.min(Math.max(0.5 - outline(u, v) * place.radius, 0), 1);
      if (coverage === 0) return;
      const amount = fill(u, v);
      if (paper) this.blend(x, y, paper, coverage);
      this.blend(x, y, ink, coverage * amount);
    });
  }

  /** Normal noise on every value. */
  noise(deviation: number, random: Random): void {
    for (let i = 0; i < this.pixels.length; i++) this.pixels[i]! += random.normal(0, deviation);
  }

  /** Rounded to 0..255, RGB, row by row. */
  toBytes(): Uint8Array {
    return Uint8Array.from(this.pixels, (value) => Math.min(Math.max(Math.round(value), 0), 255));
  }

  each(visit: (x: number, y: number) => void): void {
    for (let y = 0; y < this.size; y++) for (let x = 0; x < this.size; x++) visit(x, y);
  }

  /** The pixel becomes (1 - share) * base + share * colour; base is what is there, unless it is given. */
  blend(x: number, y: number, colour: Colour, share: number, base?: Colour): void {
    const at = (y * this.size + x) * 3;
    for (let c = 0; c < 3; c++)
      this.pixels[at + c] = (1 - share) * (base ? base[c]! : this.pixels[at + c]!) + share * colour[c]!;
  }
}

/** Ink between 0 and 1 with soft edges, from a wave in -1..1. */
const soft = (wave: number): number => Math.min(Math.max(0.5 + 2.5 * wave, 0), 1);

export const stripes: Fill = (x) => soft(Math.sin(9 * x));

export const checks: Fill = (x, y) => soft(Math.sin(6.5 * x) * Math.sin(6.5 * y) * 1.5);

export const dots: Fill = (x, y) => soft(Math.cos(8 * x) + Math.cos(8 * y) - 0.6);

export const zigzag: Fill = (x, y) => {
  const tooth = Math.abs(((((x * 1.6) % 1) + 1) % 1) - 0.5);
  return soft(Math.sin(9 * y + 8 * tooth));
};
