/** Recognises image files by their first bytes: names and extensions lie. */

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif';

/** What can be read, in messages. */
export const READABLE_FORMATS = 'JPEG, PNG, WebP and GIF';

/** Extensions, lower case, of files that a folder is searched for. */
export const IMAGE_EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.gif'];

/** Extensions of images that cannot be read here: named to the user instead of being passed over in silence. */
export const FOREIGN_EXTENSIONS: readonly string[] = ['.bmp', '.tif', '.tiff', '.heic', '.heif', '.avif', '.svg'];

/** The format that the bytes begin like, or undefined. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  const begins = (...signature: number[]) => signature.every((byte, i) => bytes[i] === byte);
  if (begins(0xff, 0xd8, 0xff)) return 'jpeg';
  if (begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  if (begins(0x47, 0x49, 0x46, 0x38)) return 'gif';
  const isRiff = begins(0x52, 0x49, 0x46, 0x46);
  if (isRiff && bytes[8] === 0x57 && bytes[9] === 0x45 && bytes[10] === 0x42 && bytes[11] === 0x50) return 'webp';
  return undefined;
}
