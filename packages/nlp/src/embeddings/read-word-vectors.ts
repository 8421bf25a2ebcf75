/** Word vectors from files, packed or not. */
import { basename } from 'node:path';
import { suggestNames, UserError } from '@attune/core';
import { byteChunks, requireFile } from '../dataset/text-file.ts';
import type { WordVectors } from './collect.ts';
import {
  type ParseWordVectorsOptions,
  parseWordVectors,
  VECTOR_FORMATS,
  type VectorFormat,
} from './parse-word-vectors.ts';

export interface ReadWordVectorsOptions extends Omit<ParseWordVectorsOptions, 'format' | 'place'> {
  /** Default: `binary` for names that end in `.bin` or `.bin.gz`, else `text`. */
  readonly format?: VectorFormat | undefined;
  /** Most bytes that are read, unpacked. Default 64 GiB. */
  readonly mostBytes?: number | undefined;
}

const MOST_BYTES = 64 * 1024 ** 3;

/** @throws UserError when the file cannot be read, is cut or of another format, or has none of the words. */
export async function readWordVectors(path: string, options: ReadWordVectorsOptions): Promise<WordVectors> {
  const { format = /\.bin(\.gz)?$/i.test(basename(path)) ? 'binary' : 'text', mostBytes = MOST_BYTES } = options;
  if (!VECTOR_FORMATS.includes(format))
    throw new UserError(`There is no format '${format}' of word vectors.`, suggestNames(format, VECTOR_FORMATS));
  await requireFile(path);
  return parseWordVectors(byteChunks(path, mostBytes), { ...options, format, place: path });
}
