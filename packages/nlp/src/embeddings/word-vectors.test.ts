import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Random, UserError } from '@attune/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Vocabulary } from '../text/vocabulary.ts';
import { parseWordVectors } from './parse-word-vectors.ts';
import { type ReadWordVectorsOptions, readWordVectors } from './read-word-vectors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const vocabulary = new Vocabulary(['<pad>', '<unk>', 'good', 'paris', 'Rome', 'absent', '. .']);
const options: ReadWordVectorsOptions = { vocabulary, random: Random.fromSeed(1) };

async function read(content: string | Uint8Array, more: Partial<ReadWordVectorsOptions> = {}, name = 'vectors.txt') {
  const path = join(folder, name);
  await writeFile(path, content);
  return readWordVectors(path, { ...options, ...more });
}
async function refused(content: string | Uint8Array, more: Partial<ReadWordVectorsOptions> = {}, name = 'vectors.txt') {
  const error = await read(content, more, name).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message.replaceAll(`${folder}/`, '');
}
const row = ({ vectors, size }: { vectors: Float32Array; size: number }, index: number) => [
  ...vectors.subarray(index * size, (index + 1) * size),
];

/** As the original program writes it: each vector ends with a line feed. */
function binary(words: Readonly<Record<string, readonly number[]>>, header: string, lineFeeds = true): Buffer {
  return Buffer.concat([
    Buffer.from(`${header}\n`),
    ...Object.entries(words).flatMap(([word, vector]) => [
      Buffer.from(`${word} `),
      Buffer.from(Float32Array.from(vector).buffer),
      Buffer.from(lineFeeds ? '\n' : ''),
    ]),
  ]);
}

const GLOVE = 'good 1 2\nThe 9 9\nParis 3 4\nrome 5 6\n. . 7 -8e0\n';

describe('text', () => {
  it('takes the vectors of the words, as written or in another case; the padding is zero', async () => {
    const found = await read(GLOVE);
    expect(found).toMatchObject({ size: 2, found: 4, folded: 2, repeated: 0, missing: ['absent'] });
    expect([0, 2, 3, 4, 6].map((index) => row(found, index))).toEqual([
      [0, 0],
      [1, 2],
      [3, 4],
      [5, 6],
      [7, -8],
    ]);
  });

  it('takes a word as it is written before any other case, and the first of several', async () => {
    const found = await read('Good 9 9\nparis 1 1\nPARIS 2 2\ngood 3 3\ngood 4 4\nParis 5 5\n');
    expect([row(found, 2), row(found, 3)]).toEqual([
      [3, 3],
      [1, 1],
    ]);
    expect(found).toMatchObject({ folded: 0, repeated: 1 });
  });

  it('draws missing words with the deviation of the others, each from its own stream', async () => {
    const words = Array.from({ length: 200 }, (_, i) => `w${i}`);
    const lines = words.map(
      (word, i) => `${word} ${Array.from({ length: 50 }, (_, j) => (((i * 7 + j * 3) % 11) - 5) / 10).join(' ')}`,
    );
    const large = new Vocabulary(['<pad>', '<unk>', ...words, 'm1', 'm2']);
    const { vectors, size } = await read(`${lines.join('\n')}\n`, { vocabulary: large });
    const found = vectors.subarray(2 * size, 202 * size);
    const drawn = vectors.subarray(202 * size);
    const deviation = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    expect(deviation(drawn)).toBeGreaterThan(0.75 * deviation(found));
    expect(deviation(drawn)).toBeLessThan(1.25 * deviation(found));
    const fewer = await read(`${lines.join('\n')}\n`, {
      vocabulary: new Vocabulary(['<pad>', '<unk>', ...words, 'm2']),
    });
    expect(row(fewer, 202)).toEqual(row({ vectors, size }, 203));
    expect(row(fewer, 1).some((value) => value !== 0)).toBe(true);
  });

  it('reads word2vec and fastText with their header, spaces at ends of lines, CRLF, gzip', async () => {
    const content = '3 2\ngood 1 2 \nParis\t3 4\r\nrome 5 6';
    for (const bytes of [content, gzipSync(content)]) {
      const found = await read(bytes, {}, 'vectors.vec');
      expect([2, 3, 4].map((index) => row(found, index))).toEqual([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    }
  });

  it.each([
    ['a short row', 'good 1 2\nParis 3\n', 'vectors.txt, line 2: it has 1 numbers where the first line has 2.'],
    ['a long row', '2 2\ngood 1 2\nParis 3 4 5\n', 'vectors.txt, line 3: it has 3 numbers where the header says 2.'],
    ['no number', 'The 1 2\ngood 1 x\n', "vectors.txt, line 2: 'x' is no finite number."],
    ['no finite number', 'good 1 1e99\n', 'line 1'],
    ['an empty number', 'good 1  2\nParis 1 2 3\n', "line 1: '' is no finite number"],
    ['fewer words than promised', '4 2\ngood 1 2\n', 'vectors.txt has 1 words of the 4 that its header says.'],
    [
      'more words than promised',
      '1 2\ngood 1 2\nrome 1 2\n',
      'vectors.txt, line 3: more words than the 1 that the header says.',
    ],
    [
      'none of the words',
      'bonjour 1 2\n',
      'vectors.txt has none of the 5 words. Check that it is of the same language',
    ],
    ['nothing', '\n\n', 'vectors.txt has no vectors.'],
    ['a line without an end', 'a'.repeat(2 ** 21), 'vectors.txt, line 1: it has more than 1048576 bytes.'],
    ['a size that is none', 'word\n', 'vectors.txt has vectors of 0 numbers for 7 words.'],
    ['a hostile header', '1 999999999\n', 'vectors.txt has vectors of 999999999 numbers for 7 words.'],
  ])('tells of %s', async (_, content, message) => {
    expect(await refused(content)).toContain(message);
  });

  it('tells when another size is wanted, and what a format is', async () => {
    expect(await refused(GLOVE, { size: 300 })).toBe(
      'vectors.txt has vectors of 2 numbers, and 300 are wanted. Give vectors of that size.',
    );
    expect(await refused(GLOVE, { format: 'bin' as never })).toContain("There is no format 'bin' of word vectors.");
    await expect(readWordVectors(join(folder, 'none'), options)).rejects.toThrow(/There is no file/);
  });
});

describe('binary', () => {
  const words = { good: [1, 2], Paris: [3, 4], rome: [5, 6], 'sch\u00f6n': [7, 8] };

  it.each([true, false])('reads what word2vec writes, line feeds %s', async (lineFeeds) => {
    const found = await read(binary(words, '4 2', lineFeeds), {}, 'vectors.bin');
    expect([2, 3, 4].map((index) => row(found, index))).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(found).toMatchObject({ found: 3, folded: 2 });
  });

  it('does not mind how the bytes come', async () => {
    const bytes = binary(words, '4 2');
    for (const step of [1, 3, 7]) {
      const pieces = async function* () {
        for (let i = 0; i < bytes.length; i += step) yield bytes.subarray(i, i + step);
      };
      const found = await parseWordVectors(pieces(), { ...options, format: 'binary', place: 'memory' });
      expect(row(found, 4)).toEqual([5, 6]);
    }
  });

  it.each([
    ['is cut', binary(words, '4 2').subarray(0, 30), 'vectors.bin ends at word 2 of the 4 that its header says.'],
    ['promises what is not there', binary(words, '999999999999 2'), 'vectors.bin ends at word 5 of the 999999999999'],
    [
      'has vectors past all bounds',
      binary(words, '4 999999999'),
      'vectors.bin has vectors of 999999999 numbers for 7 words.',
    ],
    ['has no vectors', binary(words, '4 0'), 'vectors.bin has vectors of 0 numbers'],
    ['has no header', Buffer.from(GLOVE), 'vectors.bin does not begin with a line of two numbers'],
    [
      'has a word without an end',
      Buffer.concat([Buffer.from('1 2\n'), Buffer.alloc(10_000, 97)]),
      'vectors.bin, word 1: it has more than 4096 bytes.',
    ],
    [
      'has numbers that are none',
      binary({ good: [1, Number.NaN] }, '1 2'),
      "vectors.bin, word 1 ('good'): a number is not finite.",
    ],
  ])('tells when a file %s', async (_, bytes, message) => {
    expect(await refused(bytes, {}, 'vectors.bin')).toContain(message);
  });
});
