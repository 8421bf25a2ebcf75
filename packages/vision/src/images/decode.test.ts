/** Every kind of image becomes 8-bit RGB of the right size, and every broken one a line with its name. */
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
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
    ['16-bit grey PNG', () => base().toColourspace('grey16').png(), near([128, 128, 128], 12)],
    ['palette PNG', () => base().png({ palette: true }), near(COLOUR, 1)],
    ['GIF', () => base().gif(), near(COLOUR, 8)],
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

  // What a viewer shows: the corner that the file's first pixel is turned to, and whether the sides are exchanged.
  it.each([
    [1, 'top left', false],
    [2, 'top right', false],
    [3, 'bottom right', false],
    [4, 'bottom left', false],
    [5, 'top left', true],
    [6, 'top right', true],
    [7, 'bottom right', true],
    [8, 'bottom left', true],
  ])('turns a photo of EXIF orientation %i: its first pixel is at the %s', async (orientation, corner, exchanged) => {
    const white = new Uint8Array(8 * 4 * 3).map((_, i) => (i < 3 ? 255 : 0)); // only the first pixel
    const bytes = await sharp(white, { raw: { width: 8, height: 4, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const { width, height, data } = await decodeImage(bytes, 4, 'x');
    expect([width, height]).toEqual(exchanged ? [4, 8] : [8, 4]);
    const x = corner.endsWith('left') ? 0 : width - 1;
    const y = corner.startsWith('top') ? 0 : height - 1;
    const bright = [...data.keys()].filter((i) => data[i]! > 127);
    expect(bright).toEqual([0, 1, 2].map((c) => (y * width + x) * 3 + c));
  });

  it.each([
    ['WebP', (frames: Sharp) => frames.webp({ lossless: true, loop: 0, delay: [50, 50] })],
    ['GIF', (frames: Sharp) => frames.gif({ loop: 0, delay: [50, 50] })],
  ])('takes the first picture of an animated %s', async (_, write) => {
    const frames = new Uint8Array(6 * 12 * 3).map((_, i) => (i < 6 * 6 * 3 ? 250 : 5)); // a bright one, then a dark one
    const bytes = await write(sharp(frames, { raw: { width: 6, height: 12, channels: 3, pageHeight: 6 } })).toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const { width, height, data } = await decodeImage(bytes, 3, 'x');
    expect([width, height]).toEqual([3, 3]);
    expect(Math.min(...data)).toBeGreaterThan(240);
  });

  it('lets white shine through what is half transparent, grey with alpha included', async () => {
    const half = new Uint8Array(4 * 4 * 2).map((_, i) => (i % 2 === 0 ? 0 : 128));
    const bytes = await sharp(half, { raw: { width: 4, height: 4, channels: 2 } })
      .png()
      .toBuffer();
    for (const value of (await decodeImage(bytes, 4, 'x')).data) expect(Math.abs(value - 127)).toBeLessThan(3);
  });

  it('enlarges a single pixel', async () => {
    const { width, height, data } = await decodeImage(await picture(1, 1, COLOUR).png().toBuffer(), 5, 'x');
    expect([width, height]).toEqual([5, 5]);
    expect([...data.slice(0, 3)]).toEqual([...COLOUR]);
  });

  it('crops what is longer than four times its width, so that no image swells', async () => {
    const { width, height } = await decodeImage(await picture(2, 2000, COLOUR).png().toBuffer(), 5, 'x');
    expect([width, height]).toEqual([5, 20]);
    const wide = await decodeImage(await picture(3000, 3, COLOUR).png().toBuffer(), 5, 'x');
    expect([wide.width, wide.height]).toEqual([20, 5]);
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
    ['text', Buffer.from('<!DOCTYPE html>'), 'not a JPEG, PNG, WebP or GIF image'],
    ['BMP', Buffer.from('BM..........'), 'not a JPEG, PNG, WebP or GIF image'],
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
