/** Decoded pixels that stay in memory, up to a bound; what does not fit is decoded on each use. */
import type { Pixels } from '../images/decode.ts';

/**
 * First come, first kept: an epoch uses every image once and in another order than the one before, so that throwing out
 * what was not used for longest would throw out what is needed next.
 */
export class KeptPixels {
  private readonly kept = new Map<string, Pixels>();
  private left: number;

  /** @param bytes Bound of all that is kept. */
  constructor(bytes: number) {
    this.left = bytes;
  }

  /** Keeps the pixels if there is room for them. */
  offer(name: string, pixels: Pixels): void {
    if (pixels.data.byteLength > this.left || this.kept.has(name)) return;
    this.left -= pixels.data.byteLength;
    this.kept.set(name, pixels);
  }

  /** The pixels that are kept under this name, else those that `decode` gives. */
  async take(name: string, decode: () => Promise<Pixels>): Promise<Pixels> {
    const kept = this.kept.get(name);
    if (kept) return kept;
    const pixels = await decode();
    this.offer(name, pixels);
    return pixels;
  }
}
