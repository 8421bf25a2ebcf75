/**
 * The two sets of word vectors that are at hand, small parts of published ones, in formats of their own: a list of words, and
 * their numbers in the same order, gzipped. They are turned into what word2vec writes, which the package reads.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Random } from '@attune/core';
import { parseWordVectors, type Vocabulary, type WordVectors } from '@attune/nlp';

export const STUDY_VECTORS = {
  /** GloVe, trained on tweets: the commonest words of the web, lower case. Weak, but with 93 % of SICK's running words. */
  'glove-twitter-25d': { folder: 'wordvec-glove-twitter-25d', file: 'vectors.f32.bin.gz', size: 25, bytes: 4 },
  /** word2vec, trained on Google News: common words in their case, without `a`, `of`, `and`, `to` and without punctuation. */
  'word2vec-300d': { folder: 'wordvec-word2vec-300d', file: 'vectors.f16.bin.gz', size: 300, bytes: 2 },
} as const;
export type StudyVectorsName = keyof typeof STUDY_VECTORS;

/** @param data The folder that `$ATTUNE_DATA` names. @param random Draws the vectors of words that are not there. */
export async function openStudyVectors(
  name: StudyVectorsName,
  data: string,
  vocabulary: Vocabulary,
  random: Random,
): Promise<WordVectors> {
  const { folder, file, size, bytes } = STUDY_VECTORS[name];
  const place = join(data, 'nlp', folder);
  const words = (await readFile(join(place, 'words.txt'), 'utf8')).split('\n').filter((word) => word !== '');
  const packed = gunzipSync(await readFile(join(place, file)), { maxOutputLength: 64 * 1024 * 1024 });
  if (packed.length !== words.length * size * bytes)
    throw new Error(`${place}: ${packed.length} bytes are not ${words.length} vectors of ${size} numbers`);
  const numbers = bytes === 4 ? packed : widen(packed);
  const binary = async function* () {
    yield Buffer.from(`${words.length} ${size}\n`);
    for (const [i, word] of words.entries()) {
      yield Buffer.from(`${word} `);
      yield numbers.subarray(4 * size * i, 4 * size * (i + 1));
    }
  };
  return parseWordVectors(binary(), { vocabulary, random, format: 'binary', place, size });
}

/** Half floats (IEEE 754 binary16) to single floats, both little-endian. */
export function widen(halves: Uint8Array): Uint8Array {
  const from = new DataView(halves.buffer, halves.byteOffset, halves.byteLength);
  const singles = new Uint8Array(2 * halves.byteLength);
  const to = new DataView(singles.buffer);
  for (let at = 0; at < halves.byteLength; at += 2) to.setFloat32(2 * at, halfToNumber(from.getUint16(at, true)), true);
  return singles;
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
