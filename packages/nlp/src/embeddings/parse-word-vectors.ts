/**
 * Word vectors in the formats that they are published in. Text (GloVe; word2vec and fastText `.vec` with a line before it
 * that says how many words and numbers there are): a line a word, the word first, then its numbers. Binary (word2vec): that
 * line, then each word, a space, and its numbers as little-endian float32. One pass; of the words that are not in the
 * vocabulary nothing is kept, nor are their numbers read.
 */
import type { Random } from '@attune/core';
import { UserError } from '@attune/core';
import type { Vocabulary } from '../text/vocabulary.ts';
import { ByteReader } from './byte-reader.ts';
import { VectorCollector, type WordVectors } from './collect.ts';

export const VECTOR_FORMATS = ['text', 'binary'] as const;
export type VectorFormat = (typeof VECTOR_FORMATS)[number];

export interface ParseWordVectorsOptions {
  readonly vocabulary: Vocabulary;
  /** Draws the vectors of words that the file lacks. */
  readonly random: Random;
  readonly format: VectorFormat;
  /** What messages call the file. */
  readonly place: string;
  /** Numbers that every vector must have. Default: as the file has. */
  readonly size?: number | undefined;
  /** Called after every 10,000 words of the file. */
  readonly onProgress?: ((words: number) => void) | undefined;
}

const SPACE = 32;
const TAB = 9;
const LONGEST_LINE = 1024 * 1024;
const LONGEST_WORD_BYTES = 4096;
const PROGRESS_EVERY = 10_000;

/** @throws UserError for a row that is none, with its line, a file that is cut, or one that has none of the words. */
export async function parseWordVectors(
  chunks: AsyncIterable<Uint8Array>,
  options: ParseWordVectorsOptions,
): Promise<WordVectors> {
  const reader = new ByteReader(chunks);
  try {
    const collector = await (options.format === 'text' ? parseText(reader, options) : parseBinary(reader, options));
    return collector.finish(options.random);
  } finally {
    await reader.close();
  }
}

async function parseText(reader: ByteReader, options: ParseWordVectorsOptions): Promise<VectorCollector> {
  const { place, onProgress } = options;
  const decoder = new TextDecoder();
  let header: Header | undefined;
  let collector: VectorCollector | undefined;
  let words = 0;
  for (let number = 1; ; number++) {
    const at = `${place}, line ${number}`;
    const line = await reader.line(LONGEST_LINE).catch((error: Error) => {
      throw new UserError(`${at}: it has ${error.message}.`, 'Check that it is a text file of word vectors.');
    });
    if (line === undefined) break;
    const row = trimmed(line);
    if (row.length === 0) continue;
    if (number === 1) header = parseHeader(decoder.decode(row));
    if (number === 1 && header) {
      collector = start(header.size, options);
      continue;
    }
    collector ??= start(countSpaces(row), options);
    const wordEnd = endOfWord(row, collector.size);
    const word = wordEnd === undefined ? '' : decoder.decode(row.subarray(0, wordEnd));
    if (wordEnd === undefined || endsWithNumber(word))
      throw new UserError(
        `${at}: it has ${countSpaces(row)} numbers where ${header ? 'the header says' : 'the first line has'} ${collector.size}.`,
        'The file may be cut, or of another format.',
      );
    if (header && words === header.words)
      throw new UserError(`${at}: more words than the ${words} that the header says.`, 'Get the file again.');
    if (collector.wants(word)) collector.offer(word, numbersOf(decoder.decode(row.subarray(wordEnd + 1)), at));
    if (++words % PROGRESS_EVERY === 0) onProgress?.(words);
  }
  if (collector === undefined) throw new UserError(`${place} has no vectors.`, 'Give a file of word vectors.');
  if (header && words < header.words)
    throw new UserError(
      `${place} has ${words} words of the ${header.words} that its header says.`,
      'It may be cut short: get it again.',
    );
  return collector;
}

async function parseBinary(reader: ByteReader, options: ParseWordVectorsOptions): Promise<VectorCollector> {
  const { place, onProgress } = options;
  const decoder = new TextDecoder();
  const first = await reader.line(64).catch(() => undefined);
  const header = first && parseHeader(decoder.decode(first));
  if (!header)
    throw new UserError(
      `${place} does not begin with a line of two numbers, how many words and how many numbers each.`,
      'Check that it is a binary file of word2vec; text files have the format text.',
    );
  const collector = start(header.size, options);
  const { size } = collector;
  const cut = (word: number) =>
    new UserError(
      `${place} ends at word ${word} of the ${header.words} that its header says.`,
      'It may be cut short, or no binary file: get it again.',
    );
  const vector = new Float32Array(size);
  for (let number = 1; number <= header.words; number++) {
    const bytes = await reader.until(SPACE, LONGEST_WORD_BYTES).catch((error: Error) => {
      throw new UserError(
        `${place}, word ${number}: it has ${error.message}.`,
        'Check that it is a binary file of word2vec.',
      );
    });
    const numbers = bytes && (await reader.take(4 * size));
    if (!numbers) throw cut(number);
    // The original program ends each vector with a line feed; others do not.
    const word = decoder.decode(bytes).replace(/^\n+/, '');
    if (collector.wants(word)) {
      const view = new DataView(numbers.buffer, numbers.byteOffset, numbers.byteLength);
      for (let i = 0; i < size; i++) vector[i] = view.getFloat32(4 * i, true);
      if (!vector.every(Number.isFinite))
        throw new UserError(
          `${place}, word ${number} ('${word}'): a number is not finite.`,
          'The file may be broken: get it again.',
        );
      collector.offer(word, vector);
    }
    if (number % PROGRESS_EVERY === 0) onProgress?.(number);
  }
  return collector;
}

interface Header {
  readonly words: number;
  readonly size: number;
}

/** Two whole numbers: how many words there are, and how many numbers each has. */
function parseHeader(line: string): Header | undefined {
  const match = /^(\d{1,12})[ \t](\d{1,9})$/.exec(line.trim());
  return match ? { words: Number(match[1]), size: Number(match[2]) } : undefined;
}

function start(size: number, { vocabulary, place, size: wanted }: ParseWordVectorsOptions): VectorCollector {
  if (wanted !== undefined && size !== wanted)
    throw new UserError(
      `${place} has vectors of ${size} numbers, and ${wanted} are wanted.`,
      'Give vectors of that size.',
    );
  return new VectorCollector(vocabulary, size, place);
}

/** Without spaces and the CR at its end: some programs write one after every number. */
function trimmed(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && (line[end - 1] === SPACE || line[end - 1] === TAB || line[end - 1] === 13)) end--;
  return line.subarray(0, end);
}

const isSpace = (byte: number | undefined) => byte === SPACE || byte === TAB;

function countSpaces(line: Uint8Array): number {
  let spaces = 0;
  for (const byte of line) if (isSpace(byte)) spaces++;
  return spaces;
}

/** Where the word ends: before the last `size` fields, as some words of GloVe hold spaces. Undefined with fewer fields. */
function endOfWord(line: Uint8Array, size: number): number | undefined {
  let fields = 0;
  for (let at = line.length - 1; at > 0; at--) if (isSpace(line[at]) && ++fields === size) return at;
  return undefined;
}

/** A word with a space whose last part is a number is a row with too many numbers. */
function endsWithNumber(word: string): boolean {
  const [, last] = /[ \t](\S+)$/.exec(word) ?? [];
  return last !== undefined && Number.isFinite(Number(last));
}

function numbersOf(text: string, at: string): Float32Array {
  const fields = text.split(/[ \t]/);
  const vector = Float32Array.from(fields, Number);
  const wrong = vector.findIndex((value, i) => !Number.isFinite(value) || fields[i] === '');
  if (wrong !== -1)
    throw new UserError(
      `${at}: '${fields[wrong]!.slice(0, 40)}' is no finite number.`,
      'The file may be cut, or of another format.',
    );
  return vector;
}
