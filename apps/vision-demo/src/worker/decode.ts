/** From an image file to pixels, by the browser's own decoder; EXIF orientation is applied, transparency lies on white. */
import { BrokenImage, type Pixels, sniffFormat } from '@attune/vision';

/** Larger files are refused unread. */
const FILE_LIMIT = 64 * 1024 * 1024;

/** Longer sides are cropped, around the centre, to this many times the shorter side. */
const LONGEST_RATIO = 4;

/** @throws BrokenImage when it is not a JPEG, PNG or WebP file, is damaged, or is too large. */
export async function decodeImage(image: Blob, shorterSide: number, name: string): Promise<Pixels> {
  if (image.size === 0) throw new BrokenImage(name, 'the file is empty');
  if (image.size > FILE_LIMIT) throw new BrokenImage(name, `the file is larger than ${FILE_LIMIT / 1048576} MiB`);
  const start = new Uint8Array(await image.slice(0, 16).arrayBuffer());
  if (sniffFormat(start) === undefined) throw new BrokenImage(name, 'this is not a JPEG, PNG or WebP image');
  const bitmap = await createImageBitmap(image).catch((error: unknown) => {
    throw new BrokenImage(name, 'it is cut short or damaged', { cause: error });
  });
  try {
    return resized(bitmap, shorterSide);
  } finally {
    bitmap.close();
  }
}

function resized(bitmap: ImageBitmap, shorterSide: number): Pixels {
  const shorter = Math.min(bitmap.width, bitmap.height);
  const cropWidth = Math.min(bitmap.width, LONGEST_RATIO * shorter);
  const cropHeight = Math.min(bitmap.height, LONGEST_RATIO * shorter);
  const width = Math.max(1, Math.round((cropWidth * shorterSide) / shorter));
  const height = Math.max(1, Math.round((cropHeight * shorterSide) / shorter));
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  const [left, top] = [(bitmap.width - cropWidth) / 2, (bitmap.height - cropHeight) / 2];
  context.drawImage(bitmap, left, top, cropWidth, cropHeight, 0, 0, width, height);
  return { width, height, data: withoutAlpha(context.getImageData(0, 0, width, height).data) };
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, j = 0; i < rgba.length; i += 4) {
    rgb[j++] = rgba[i]!;
    rgb[j++] = rgba[i + 1]!;
    rgb[j++] = rgba[i + 2]!;
  }
  return rgb;
}

/** The centre square of the pixels as a picture of `side` pixels. */
export async function bitmapOf({ width, height, data }: Pixels, side: number): Promise<ImageBitmap> {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0, j = 0; i < data.length; i += 3, j += 4) {
    rgba[j] = data[i]!;
    rgba[j + 1] = data[i + 1]!;
    rgba[j + 2] = data[i + 2]!;
  }
  const square = Math.min(width, height);
  const [left, top] = [Math.floor((width - square) / 2), Math.floor((height - square) / 2)];
  return createImageBitmap(new ImageData(rgba, width, height), left, top, square, square, {
    resizeWidth: side,
    resizeHeight: side,
    resizeQuality: square < side ? 'pixelated' : 'high',
  });
}
