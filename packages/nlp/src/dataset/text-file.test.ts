import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '@attune/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTextFile, type TextFileOptions } from './text-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'text-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(bytes: Uint8Array | string, options?: TextFileOptions) {
  const path = join(folder, 'file.txt');
  await writeFile(path, bytes);
  const file = await openTextFile(path, options);
  let text = '';
  for await (const chunk of file.chunks()) text += chunk;
  return { text, encoding: file.encoding, guessedFrom: file.guessedFrom };
}
const refused = async (bytes: Uint8Array | string, options?: TextFileOptions) => {
  const error = await read(bytes, options).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message.replaceAll(`${folder}/`, '');
};
const utf16 = (text: string, big: boolean) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return big ? bytes.swap16() : bytes;
};

describe('openTextFile', () => {
  it('finds the encoding: by its mark, as UTF-8, else windows-1252, with the line that is not UTF-8', async () => {
    expect(await read('schön\n')).toMatchObject({ text: 'schön\n', encoding: 'utf-8', guessedFrom: undefined });
    expect(await read('\ufeffschön')).toMatchObject({ text: 'schön', encoding: 'utf-8' });
    for (const big of [false, true])
      expect(await read(utf16('schön 好', big))).toMatchObject({
        text: 'schön 好',
        encoding: big ? 'utf-16be' : 'utf-16le',
      });
    expect(await read(Buffer.from('plain\nna\xefve \x96 \x93so\x94 \x85 \x80\n', 'latin1'))).toMatchObject({
      text: 'plain\nnaïve – “so” … €\n',
      encoding: 'windows-1252',
      guessedFrom: 2,
    });
  });

  it('finds one stray byte far into a file, and characters on the seams of its pieces', async () => {
    const long = 'ä'.repeat(400_001);
    expect((await read(`x${long}`)).text).toBe(`x${long}`);
    const stray = Buffer.concat([
      Buffer.from('line\n'.repeat(100_000)),
      Buffer.from([0xf0, 0x0a]),
      Buffer.from('end\n'),
    ]);
    expect(await read(stray)).toMatchObject({ encoding: 'windows-1252', guessedFrom: 100_001 });
    expect(await read(Buffer.from([0x61, 0x0a, 0xc3]))).toMatchObject({ text: 'a\nÃ', guessedFrom: 2 });
  });

  it('takes an encoding by name, and says where that does not decode', async () => {
    expect((await read(Buffer.from([0x93, 0xfa, 0x96, 0x7b]), { encoding: 'shift_jis' })).text).toBe('日本');
    expect((await read(Buffer.from([0x92]), { encoding: 'latin1' })).text).toBe('’');
    expect(await refused(Buffer.from('a\nb\n\xe9t\xe9\n', 'latin1'), { encoding: 'utf-8' })).toBe(
      'file.txt is not utf-8: line 3 holds bytes that are nothing in it. Name another encoding, such as windows-1252, or leave it out to have it found.',
    );
    expect(await refused(Buffer.concat([utf16('ab', false), Buffer.from([0x61])]))).toContain('is not utf-16le');
    expect(await refused('a', { encoding: 'utf8x' })).toBe(
      "There is no encoding 'utf8x'. Did you mean utf-8? Leave it out to have it found.",
    );
  });

  it('unpacks gzip whatever the name, up to a limit, and knows when it is cut', async () => {
    const packed = gzipSync('a text\n'.repeat(1000));
    const { text } = await read(packed);
    expect(text.length).toBe(7000);
    expect(await refused(packed.subarray(0, packed.length - 9))).toMatch(
      /^file.txt is not whole: unpacking it failed after/,
    );
    expect(await refused(gzipSync(Buffer.alloc(5_000_000, 'a')), { mostBytes: 1_000_000 })).toBe(
      'file.txt has more than 1000000 bytes when it is unpacked. Give a smaller file, or a higher limit.',
    );
  });

  it('refuses what is no text', async () => {
    expect(await refused('')).toBe('file.txt is empty. Give a file with labelled texts.');
    expect(await refused(gzipSync(''))).toContain('is empty');
    expect(await refused(Buffer.from([0x41, 0, 0x42]))).toContain('file.txt is no text: byte 1 is zero.');
    expect(await refused('PK\x03\x04more')).toContain('file.txt is a zip archive.');
    expect(await refused('PAR1....')).toContain('is a Parquet file');
    await expect(openTextFile(join(folder, 'none'))).rejects.toThrow(/^There is no file .*none\. Check the path\.$/);
    await expect(openTextFile(folder)).rejects.toThrow(/is a folder/);
  });
});
