/**
 * The first word vectors of the study's networks: drawn by the seed, or made of published ones. Of these, two sets are at hand,
 * small parts, in formats of their own: a list of words, and their numbers in the same order, gzipped. They are turned into
 * what word2vec writes, which the package reads.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Random, symmetricSpectrum } from '@attune/core';
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

export interface Vectors {
  readonly name: 'random' | 'word2vec';
  /** [V, size]; undefined: each network draws its own. */
  readonly values?: Float32Array | undefined;
}

/**
 * word2vec's vectors in as many numbers as the study's networks have: the coordinates along the directions in which the words
 * of the vocabulary differ most (principal components, without centring, so that cosines are kept as well as can be).
 */
export async function word2vecOfSize(vocabulary: Vocabulary, size: number, data: string): Promise<Vectors> {
  const { vectors } = await openStudyVectors('word2vec-300d', data, vocabulary, Random.fromSeed('missing words'));
  const from = STUDY_VECTORS['word2vec-300d'].size;
  return { name: 'word2vec', values: principalCoordinates(vectors, from, size) };
}

/** [N, from] to [N, to], along the eigenvectors of the rows' second moments with the largest eigenvalues. */
export function principalCoordinates(rows: Float32Array, from: number, to: number): Float32Array {
  const moments = new Float64Array(from * from);
  const count = rows.length / from;
  for (let row = 0; row < count; row++) {
    const at = row * from;
    for (let i = 0; i < from; i++) {
      const value = rows[at + i]!;
      for (let j = 0; j <= i; j++) moments[i * from + j]! += value * rows[at + j]!;
    }
  }
  const unit = new Float64Array(from * from);
  for (let i = 0; i < from; i++) unit[i * from + i] = 1;
  const { values, projections } = symmetricSpectrum(moments, from, unit);
  const directions = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, to);
  const coordinates = new Float32Array(count * to);
  for (let row = 0; row < count; row++)
    for (const [k, direction] of directions.entries()) {
      let sum = 0;
      for (let i = 0; i < from; i++) sum += rows[row * from + i]! * projections[direction * from + i]!;
      coordinates[row * to + k] = sum;
    }
  return coordinates;
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
