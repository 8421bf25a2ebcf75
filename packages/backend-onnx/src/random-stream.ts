/**
 * Random draws of captured steps. tfjs draws in JavaScript when an op is called, which a replay never does; the step
 * draws here instead, anew at each replay, from one seeded stream whose state can be saved.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand). Normal draws: the ziggurat of Marsaglia and Tsang (2000), 128 layers.
 */
import type { HostArray, RandomSource } from './graph/value.ts';

/** Four 32-bit words. */
export type RandomState = readonly [number, number, number, number];

const LAYERS = 128;
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;
const edge = new Float64Array(LAYERS + 1);
const ratio = new Float64Array(LAYERS);
{
  let density = Math.exp(-0.5 * TAIL * TAIL);
  edge[0] = AREA / density;
  edge[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    edge[i] = Math.sqrt(-2 * Math.log(AREA / edge[i - 1]! + density));
    density = Math.exp(-0.5 * edge[i]! ** 2);
  }
  for (let i = 0; i < LAYERS; i++) ratio[i] = edge[i + 1]! / edge[i]!;
}

export class RandomStream {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  constructor(seed: number) {
    this.seed(seed);
  }

  /** Starts the stream of that seed. */
  seed(seed: number): void {
    this.state = [seed | 0, (seed / 0x100000000) | 0, 0x9e3779b9 | 0, 1];
    for (let i = 0; i < 16; i++) this.next();
  }

  get state(): RandomState {
    return [this.a, this.b, this.c, this.d];
  }

  set state([a, b, c, d]: RandomState) {
    [this.a, this.b, this.c, this.d] = [a | 0, b | 0, c | 0, d | 0];
  }

  private next(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    this.c |= 0;
    return t;
  }

  /** In [0, 1), 24 bits. */
  uniform(): number {
    return (this.next() >>> 8) * 2 ** -24;
  }

  normal(): number {
    for (;;) {
      const bits = this.next();
      const layer = bits & (LAYERS - 1);
      const u = (bits >> 8) * 2 ** -23;
      if (Math.abs(u) < ratio[layer]!) return u * edge[layer]!;
      if (layer === 0) {
        for (;;) {
          const x = -Math.log(1 - this.uniform()) / TAIL;
          const y = -Math.log(1 - this.uniform());
          if (y + y > x * x) return u < 0 ? -TAIL - x : TAIL + x;
        }
      }
      const x = u * edge[layer]!;
      const below = Math.exp(-0.5 * (edge[layer]! ** 2 - x * x));
      const above = Math.exp(-0.5 * (edge[layer + 1]! ** 2 - x * x));
      if (above + this.uniform() * (below - above) < 1) return x;
    }
  }

  /** Fills an array with draws of the source. */
  fill(target: HostArray, source: RandomSource): void {
    const { offset, scale, distribution, rounding } = source;
    for (let i = 0; i < target.length; i++) {
      let draw: number;
      if (distribution === 'uniform') draw = this.uniform();
      else {
        draw = this.normal();
        while (distribution === 'truncatedNormal' && Math.abs(draw) > 2) draw = this.normal();
      }
      const value = offset + scale * draw;
      target[i] = rounding === 'none' ? value : rounding === 'round' ? Math.round(value) : Math.trunc(value);
    }
  }
}
