/**
 * Files of text as streams: gzip unpacked, encodings found, bounds kept. A file is looked through once before it is read:
 * only its end shows whether it is UTF-8.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '@attune/core';
import { type Decoder, decoderOf, FALLBACK_ENCODING, markedEncoding } from './encoding.ts';

export interface TextFileOptions {
  /** Default: found from the bytes. */
  readonly encoding?: string | undefined;
  /** Most bytes that are read, unpacked. Default 8 GiB. */
  readonly mostBytes?: number | undefined;
}

export interface TextFile {
  readonly path: string;
  /** Name in the Encoding Standard. */
  readonly encoding: string;
  /** Where the encoding was guessed because the bytes are not UTF-8: the first line that is not. */
  readonly guessedFrom?: number | undefined;
  /** The text, piece by piece, without a byte order mark. */
  chunks(): AsyncGenerator<string, void, void>;
}

const DEFAULT_MOST_BYTES = 8 * 1024 ** 3;

/** Files that are no text, known by their first bytes, and what to do about each. */
const FOREIGN: readonly (readonly [bytes: string, what: string, hint: string])[] = [
  ['PK\x03\x04', 'a zip archive', 'Unpack it, and give the file inside.'],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd', 'Unpack it: only .gz is unpacked here.'],
  ['BZh', 'compressed with bzip2', 'Unpack it: only .gz is unpacked here.'],
  ['\xfd7zXZ', 'compressed with xz', 'Unpack it: only .gz is unpacked here.'],
  ['PAR1', 'a Parquet file', 'Give it the ending .parquet, or the format parquet.'],
  ['%PDF', 'a PDF file', 'Give a file of text.'],
];

/** @throws UserError when the file cannot be read, is empty, is no text, or does not decode. */
export async function openTextFile(path: string, options: TextFileOptions = {}): Promise<TextFile> {
  const { mostBytes = DEFAULT_MOST_BYTES } = options;
  await requireFile(path);
  let decoder: Decoder | undefined = options.encoding === undefined ? undefined : decoderOf(options.encoding);
  const named = decoder !== undefined;
  let [bytes, lines] = [0, 0];
  let guessedFrom: number | undefined;
  for await (const chunk of byteChunks(path, mostBytes)) {
    if (bytes === 0) {
      refuseForeign(path, chunk);
      decoder ??= decoderOf(markedEncoding(chunk) ?? 'utf-8');
    }
    if (!decoder!.encoding.startsWith('utf-16')) refuseBinary(path, chunk, bytes);
    if (guessedFrom === undefined && !decodes(decoder!, chunk)) {
      const line = lines + 1 + badLine(decoder!.encoding, chunk);
      if (named || decoder!.encoding !== 'utf-8') refuseEncoding(path, decoder!.encoding, line);
      guessedFrom = line;
    }
    bytes += chunk.byteLength;
    lines += countLines(chunk);
  }
  if (bytes === 0) throw new UserError(`${path} is empty.`, 'Give a file with labelled texts.');
  if (guessedFrom === undefined && !ends(decoder!)) {
    if (named || decoder!.encoding !== 'utf-8') refuseEncoding(path, decoder!.encoding, lines + 1);
    guessedFrom = lines + 1;
  }
  const encoding = guessedFrom === undefined ? decoder!.encoding : FALLBACK_ENCODING;
  return {
    path,
    encoding,
    guessedFrom,
    async *chunks() {
      const reading = decoderOf(encoding);
      for await (const chunk of byteChunks(path, mostBytes)) yield reading.decode(chunk);
      yield reading.end();
    },
  };
}

/** @throws UserError when there is no file at the path. */
export async function requireFile(path: string): Promise<void> {
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? new UserError(`There is no file ${path}.`, 'Check the path.')
      : new UserError(`${path} cannot be read (${error.code}).`, 'Check the path and its permissions.', {
          cause: error,
        });
  });
  if (kind.isDirectory()) throw new UserError(`${path} is a folder.`, 'Give a file.');
}

/**
 * The bytes of a file, gzip unpacked (known by its first bytes, whatever the name).
 * @throws UserError when it cannot be read, is broken gzip, or has more bytes than the limit.
 */
export async function* byteChunks(
  path: string,
  mostBytes = DEFAULT_MOST_BYTES,
): AsyncGenerator<Uint8Array, void, void> {
  const packed = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  // pipeline hands the file's errors on, and closes it when the reader stops early; both are seen where it is read.
  const stream = packed ? pipeline(file, createGunzip(), () => {}) : file;
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > mostBytes)
        throw new UserError(
          `${path} has more than ${mostBytes} bytes${packed ? ' when it is unpacked' : ''}.`,
          'Give a smaller file, or a higher limit.',
        );
      yield chunk;
    }
  } catch (error) {
    if (!packed || error instanceof UserError) throw readingError(path, error);
    throw new UserError(
      `${path} is not whole: unpacking it failed after ${bytes} bytes (${(error as Error).message}).`,
      'Get the file again.',
      { cause: error },
    );
  } finally {
    file.destroy();
  }
}

function readingError(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof UserError || code === undefined) return error;
  return new UserError(`${path} cannot be read (${code}).`, 'Check the path and its permissions.', { cause: error });
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch((error: unknown) => {
    throw readingError(path, error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function refuseForeign(path: string, start: Uint8Array): void {
  const beginning = Buffer.from(start.subarray(0, 8)).toString('latin1');
  for (const [bytes, what, hint] of FOREIGN)
    if (beginning.startsWith(bytes)) throw new UserError(`${path} is ${what}.`, hint);
}

function refuseBinary(path: string, chunk: Uint8Array, before: number): void {
  const zero = chunk.indexOf(0);
  if (zero !== -1)
    throw new UserError(
      `${path} is no text: byte ${before + zero} is zero.`,
      'Give a file of text; if it is UTF-16, name the encoding utf-16le or utf-16be.',
    );
}

function refuseEncoding(path: string, encoding: string, line: number): never {
  throw new UserError(
    `${path} is not ${encoding}: line ${line} holds bytes that are nothing in it.`,
    `Name another encoding${encoding === 'utf-8' ? ', such as windows-1252,' : ''} or leave it out to have it found.`,
  );
}

function decodes(decoder: Decoder, chunk: Uint8Array): boolean {
  try {
    decoder.decode(chunk);
    return true;
  } catch {
    return false;
  }
}

function ends(decoder: Decoder): boolean {
  try {
    decoder.end();
    return true;
  } catch {
    return false;
  }
}

const LINE_FEED = 10;

function countLines(chunk: Uint8Array): number {
  let lines = 0;
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}

/** Which line of a chunk that does not decode is at fault, from 0; the first where the seam to the chunk before is. */
function badLine(encoding: string, chunk: Uint8Array): number {
  let [start, line] = [0, 0];
  while (line === 0 && start < 3 && (chunk[start]! & 0xc0) === 0x80) start++; // the rest of a character of the chunk before
  for (; ; line++) {
    const end = chunk.indexOf(LINE_FEED, start);
    if (!decodes(decoderOf(encoding), chunk.subarray(start, end === -1 ? chunk.length : end + 1))) return line;
    if (end === -1) return 0;
    start = end + 1;
  }
}
