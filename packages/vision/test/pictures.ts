/** Small images and data sets in temporary folders, for the tests. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'vision-'));
}

/** One colour, or noise of a fixed formula around it. */
export function picture(width: number, height: number, colour: readonly [number, number, number], noise = 0): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const value = colour[i % 3]! + noise * Math.sin(i * 12.9898 + Math.floor(i / 97));
    data[i] = Math.min(Math.max(Math.round(value), 0), 255);
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export async function save(file: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** Reddish and bluish squares, told apart by colour alone: `count` of each class below `folder`, as PNG. */
export async function writeTwoColours(folder: string, count: number, size = 16): Promise<void> {
  for (const [name, colour] of [
    ['blue', [60, 60, 190]],
    ['red', [190, 60, 60]],
  ] as const)
    for (let i = 0; i < count; i++) {
      const shade = colour.map((value) => value + 5 * (i % 7)) as [number, number, number];
      await save(
        join(folder, name, `${String(i).padStart(3, '0')}.png`),
        await picture(size, size, shade, 25).png().toBuffer(),
      );
    }
}

/**
 * Squares that are `red` or not (else blue) and `bright` or not, in a manifest with several labels: `count` of each of the
 * four kinds below `folder`. @returns The manifest.
 */
export async function writeTwoAttributes(folder: string, count: number, size = 16): Promise<string> {
  const lines = ['path,labels'];
  for (const [kind, colour] of [
    ['', [30, 30, 110]],
    ['bright', [130, 130, 230]],
    ['red', [110, 30, 30]],
    ['bright | red', [230, 130, 130]],
  ] as const)
    for (let i = 0; i < count; i++) {
      const name = `${kind.replace(' | ', '-') || 'none'}-${i}.png`;
      const shade = colour.map((value) => value + 3 * (i % 7)) as [number, number, number];
      await save(join(folder, name), await picture(size, size, shade, 20).png().toBuffer());
      lines.push(`${name},${kind}`);
    }
  const manifest = join(folder, 'list.csv');
  await save(manifest, `${lines.join('\n')}\n`);
  return manifest;
}
