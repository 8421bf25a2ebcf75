/** Every kind of image becomes 8-bit RGB of the right size, and every broken one a line with its name. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { picture } from '../../test/pictures.ts';
import { BrokenImage } from './broken-image.ts';
import { decodeImage } from './decode.ts';
import { preprocess } from './preprocess.ts';

const COLOUR = [200, 100, 50] as const;
const base = () => picture(8, 6, COLOUR);
const near = (values: readonly number[], within: number) => values.map((value) => ({ value, within }));

describe('decodeImage', () => {
  const transparent = () =>
    sharp({ create: { width: 8, height: 6, channels: 4, background: { r: 200, g: 100, b: 50, alpha: 0 } } });
  it.each([
    ['JPEG', () => base().jpeg({ quality: 98 }), near(COLOUR, 2)],
    ['PNG', () => base().png(), near(COLOUR, 0)],
    ['lossless WebP', () => base().webp({ lossless: true }), near(COLOUR, 0)],
    ['16-bit PNG', () => base().toColourspace('rgb16').png(), near(COLOUR, 2)],
    ['grey PNG', () => base().toColourspace('b-w').png(), near([128, 128, 128], 12)],
    ['grey JPEG', () => base().toColourspace('b-w').jpeg(), near([128, 128, 128], 12)],
    ['CMYK JPEG', () => base().toColourspace('cmyk').jpeg({ quality: 98 }), near(COLOUR, 40)],
    ['transparent PNG, on white', () => transparent().png(), near([255, 255, 255], 0)],
  ])('reads a %s', async (_, make, expected) => {
    const pixels = await decodeImage(await make().toBuffer(), 3, 'x');
    expect([pixels.width, pixels.height, pixels.data.length]).toEqual([4, 3, 36]);
    expected.forEach(({ value, within }, c) => {
      for (let i = c; i < pixels.data.length; i += 3)
        expect(Math.abs(pixels.data[i]! - value)).toBeLessThanOrEqual(within);
    });
  });

  it('turns a photo as its EXIF orientation says', async () => {
    const halves = new Uint8Array(8 * 4 * 3).map((_, i) => (Math.floor(i / 3) % 8 < 4 ? 255 : 0)); // white left half
    const bytes = await sharp(halves, { raw: { width: 8, height: 4, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const { width, height, data } = await decodeImage(bytes, 4, 'x');
    expect([width, height]).toEqual([4, 8]);
    expect([data[0], data[data.length - 1]]).toEqual([255, 0]); // turned clockwise: white above
  });

  it('crops what is longer than four times its width, so that no image swells', async () => {
    const { width, height } = await decodeImage(await picture(2, 2000, COLOUR).png().toBuffer(), 5, 'x');
    expect([width, height]).toEqual([5, 20]);
  });

  it.each([
    ['jpeg', () => picture(64, 64, COLOUR, 50).jpeg()],
    ['png', () => picture(64, 64, COLOUR, 50).png()],
    ['webp', () => picture(64, 64, COLOUR, 50).webp()],
  ])('refuses a %s that is cut short', async (_, make) => {
    const bytes = await make().toBuffer();
    for (const share of [0.3, 0.9]) {
      const cut = decodeImage(bytes.subarray(0, share * bytes.length), 8, 'ants/3.img');
      await expect(cut).rejects.toThrow(BrokenImage);
      await expect(cut).rejects.toThrow(
        /^ants\/3\.img: it is cut short or damaged \(.+\)\. Replace or remove the image\.$/,
      );
    }
  });

  it.each([
    ['text', Buffer.from('<!DOCTYPE html>'), 'not a JPEG, PNG or WebP image'],
    ['GIF', Buffer.from('GIF89a......'), 'not a JPEG, PNG or WebP image'],
    ['empty', Buffer.alloc(0), 'the file is empty'],
  ])('refuses a file of %s by its content', async (_, bytes, reason) => {
    await expect(decodeImage(bytes, 8, 'a.jpg')).rejects.toThrow(`a.jpg: `);
    await expect(decodeImage(bytes, 8, 'a.jpg')).rejects.toThrow(reason);
  });

  it('refuses 60,000 x 60,000 pixels in a small file before decoding them', async () => {
    await expect(decodeImage(hugePng(60000), 8, 'bomb.png')).rejects.toThrow(
      'bomb.png: 60000 x 60000 pixels are more than the 150 million',
    );
  });
});

it('preprocess orders channels, subtracts and divides', () => {
  const view = Float32Array.of(10, 20, 30, 40, 50, 60);
  const record = { size: 1, resize: 1, mean: [1, 2, 3], std: [1, 2, 4] };
  const run = (channels: 'rgb' | 'bgr' | 'gray') => {
    const target = new Float32Array(7);
    preprocess(view, { ...record, channels }, target, 1);
    return [...target];
  };
  expect(run('rgb')).toEqual([0, 9, 9, 6.75, 39, 24, 14.25]);
  expect(run('bgr')).toEqual([0, 29, 9, 1.75, 59, 24, 9.25]);
  expect(run('gray').slice(1, 3)).toEqual([18.15 - 1, 48.15 - 1].map((v) => expect.closeTo(v, 4)));
});

/** A PNG whose header claims a square of 1-bit pixels and whose data is a few bytes. */
function hugePng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
