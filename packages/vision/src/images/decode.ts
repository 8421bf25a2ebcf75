/**
 * From the bytes of a JPEG, PNG, WebP or GIF file to 8-bit RGB pixels of a given size, whatever is inside: EXIF orientation is
 * applied, grey, CMYK and 16-bit images become 8-bit sRGB, transparent ones lie on white, of animations the first picture
 * is taken. A file that is cut short is
 * refused: half a photo trains a network on grey bars.
 */
import sharp from 'sharp';
import { BrokenImage } from './broken-image.ts';
import { sniffFormat } from './sniff.ts';

/** Decoded pixels, RGB, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** height * width * 3 values in 0..255. */
  readonly data: Uint8Array;
}

/** Images above this many pixels are refused before they are decoded: a small file can claim to hold 60,000 x 60,000. */
export const PIXEL_LIMIT = 150_000_000;

/** Longer sides are cropped, around the centre, to this many times the shorter side. */
const LONGEST_RATIO = 4;

// Images are decoded side by side by their callers; libvips's own threads and cache would only be in the way.
sharp.cache(false);
sharp.concurrency(1);

/**
 * @param bytes A whole file.
 * @param shorterSide What the shorter side is resized to (Lanczos), pixels; the aspect ratio is kept.
 * @param name What the image is called in messages.
 * @throws BrokenImage when it is not a JPEG, PNG, WebP or GIF file, is cut short or damaged, or is too large.
 */
export async function decodeImage(bytes: Uint8Array, shorterSide: number, name: string): Promise<Pixels> {
  if (bytes.byteLength === 0) throw new BrokenImage(name, 'the file is empty');
  if (sniffFormat(bytes) === undefined) throw new BrokenImage(name, 'this is not a JPEG, PNG, WebP or GIF image');
  try {
    const options = { failOn: 'truncated', limitInputPixels: false } as const;
    const { width, height, autoOrient } = await sharp(bytes, options).metadata();
    if (width * height > PIXEL_LIMIT)
      throw new BrokenImage(
        name,
        `${width} x ${height} pixels are more than the ${PIXEL_LIMIT / 1e6} million that an image may have`,
      );
    const { data, info } = await sharp(bytes, { ...options, limitInputPixels: PIXEL_LIMIT })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .resize({ ...targetSize(autoOrient.width, autoOrient.height, shorterSide), fit: 'cover' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    if (error instanceof BrokenImage) throw error;
    throw new BrokenImage(name, `it is cut short or damaged (${firstLine(error)})`, { cause: error });
  }
}

function targetSize(width: number, height: number, shorterSide: number): { width: number; height: number } {
  const ratio = Math.min(Math.max(width, height) / Math.min(width, height), LONGEST_RATIO);
  const longer = Math.round(shorterSide * ratio);
  return width < height ? { width: shorterSide, height: longer } : { width: longer, height: shorterSide };
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]!;
}
