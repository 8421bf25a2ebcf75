/**
 * llama2.c's tokenizer: pieces with scores, of which the two neighbours whose joint piece has the highest score are merged
 * until none are left (byte pair encoding with scores, as SentencePiece has it: Kudo and Richardson 2018, arXiv:1808.06226);
 * what is no piece is written as its bytes. Format of the file, all little-endian: int32 length of the longest piece; for each
 * piece a float32 score, an int32 length, and its bytes. https://github.com/karpathy/llama2.c (tokenizer.py, run.c)
 */
import { UserError } from '@attune/core';
import type { LanguageTokenizer } from './tokenizer.ts';

const BEGIN = 1;
const END = 2;
/** Pieces that are no text: unknown, begin, end. */
const SPECIAL = 3;
const LONGEST_PIECE = 4096;
const MOST_PIECES = 1_000_000;

interface Piece {
  /** Bytes, each as one character from U+0000 to U+00FF. */
  readonly bytes: string;
  readonly score: number;
}

export class Llama2cTokenizer implements LanguageTokenizer {
  readonly begin = BEGIN;
  readonly end = END;
  private readonly pieces: readonly Piece[];
  private readonly numbers = new Map<string, number>();
  private readonly ofByte: readonly number[];

  /**
   * @param file The whole file.
   * @param source What it is called in messages.
   * @throws UserError when its lengths do not agree, a score is not finite, or a byte has no piece.
   */
  constructor(
    readonly file: Uint8Array,
    source: string,
  ) {
    this.pieces = readPieces(file, source);
    const byteNames = new Map(Array.from({ length: 256 }, (_, byte) => [byteName(byte), byte]));
    const ofByte = new Array<number>(256);
    for (const [number, { bytes }] of this.pieces.entries()) {
      const byte = byteNames.get(bytes);
      if (byte !== undefined) ofByte[byte] ??= number;
      else if (number >= SPECIAL && !this.numbers.has(bytes)) this.numbers.set(bytes, number);
    }
    for (let byte = 0; byte < 256; byte++)
      if (ofByte[byte] === undefined)
        throw new UserError(
          `${source} has no piece '${byteName(byte)}'.`,
          'It is not a llama2.c tokenizer; get it anew.',
        );
    this.ofByte = ofByte;
  }

  get size(): number {
    return this.pieces.length;
  }

  encode(text: string): number[] {
    if (text === '') return [];
    const tokens: number[] = [];
    // A text begins as a word within one does.
    for (const character of ` ${text}`) {
      const bytes = toBytes(character);
      const number = this.numbers.get(bytes);
      if (number !== undefined) tokens.push(number);
      else for (const byte of bytes) tokens.push(this.ofByte[byte.charCodeAt(0)]!);
    }
    return this.merged(tokens);
  }

  decode(tokens: readonly number[]): string {
    let bytes = '';
    let first = true;
    for (const token of tokens) {
      const piece = this.pieces[token];
      if (piece === undefined) throw new RangeError(`there is no token ${token} of ${this.size}`);
      if (token < SPECIAL) continue;
      const byte = /^<0x([0-9A-F]{2})>$/.exec(piece.bytes)?.[1];
      const written = byte === undefined ? piece.bytes : String.fromCharCode(Number.parseInt(byte, 16));
      // The blank that `encode` sets before a text.
      bytes += first && written.startsWith(' ') ? written.slice(1) : written;
      first = false;
    }
    return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
  }

  /** Merges the best pair again and again, of equals the first: with a heap of pairs over a linked list of tokens. */
  private merged(tokens: number[]): number[] {
    const next = Int32Array.from(tokens, (_, i) => (i + 1 < tokens.length ? i + 1 : -1));
    const previous = Int32Array.from(tokens, (_, i) => i - 1);
    const heap = new PairHeap();
    const offer = (left: number) => {
      const right = left < 0 ? -1 : next[left]!;
      if (right < 0) return;
      const [a, b] = [tokens[left]!, tokens[right]!];
      const joint = this.numbers.get(this.pieces[a]!.bytes + this.pieces[b]!.bytes);
      if (joint !== undefined) heap.push({ left, a, b, joint, score: this.pieces[joint]!.score });
    };
    for (let i = 0; i < tokens.length; i++) offer(i);
    for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
      const { left, a, b, joint } = pair;
      const right = next[left]!;
      // One of the two may have been merged with another since.
      if (tokens[left] !== a || right < 0 || tokens[right] !== b) continue;
      tokens[left] = joint;
      tokens[right] = -1;
      next[left] = next[right]!;
      if (next[right]! >= 0) previous[next[right]!] = left;
      offer(left);
      offer(previous[left]!);
    }
    return tokens.filter((token) => token >= 0);
  }
}

interface Pair {
  /** Place of the left one, and what both were when the pair was found. */
  readonly left: number;
  readonly a: number;
  readonly b: number;
  readonly joint: number;
  readonly score: number;
}

/** A binary heap: the highest score first, of equals the one furthest left. */
class PairHeap {
  private readonly pairs: Pair[] = [];

  push(pair: Pair): void {
    const { pairs } = this;
    let at = pairs.length;
    pairs.push(pair);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(pair, pairs[above]!)) break;
      pairs[at] = pairs[above]!;
      at = above;
    }
    pairs[at] = pair;
  }

  pop(): Pair | undefined {
    const { pairs } = this;
    const first = pairs[0];
    const last = pairs.pop();
    if (first === undefined || last === undefined || pairs.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= pairs.length) break;
      if (below + 1 < pairs.length && isBefore(pairs[below + 1]!, pairs[below]!)) below++;
      if (!isBefore(pairs[below]!, last)) break;
      pairs[at] = pairs[below]!;
      at = below;
    }
    pairs[at] = last;
    return first;
  }
}

function isBefore(a: Pair, b: Pair): boolean {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}

function readPieces(file: Uint8Array, source: string): Piece[] {
  const fail = (what: string): never => {
    throw new UserError(`${source}: ${what}.`, 'It is damaged, or not a llama2.c tokenizer; get it anew.');
  };
  if (file.byteLength < 4) fail(`${file.byteLength} bytes are too few`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const longest = view.getInt32(0, true);
  if (longest < 1 || longest > LONGEST_PIECE)
    fail(`its longest piece is of ${longest} bytes, not 1 to ${LONGEST_PIECE}`);
  const pieces: Piece[] = [];
  for (let offset = 4; offset < file.byteLength; ) {
    const what = `piece ${pieces.length}`;
    if (pieces.length === MOST_PIECES) fail(`it has more than ${MOST_PIECES} pieces`);
    if (file.byteLength - offset < 8) fail(`it ends within ${what}`);
    const [score, length] = [view.getFloat32(offset, true), view.getInt32(offset + 4, true)];
    offset += 8;
    if (!Number.isFinite(score)) fail(`the score of ${what} is ${score}`);
    // The longest that the header names counts texts; names of bytes may be longer.
    if (length < 1 || length > LONGEST_PIECE) fail(`${what} is of ${length} bytes, not 1 to ${LONGEST_PIECE}`);
    if (length > file.byteLength - offset) fail(`it ends within ${what}`);
    pieces.push({ score, bytes: String.fromCharCode(...file.subarray(offset, offset + length)) });
    offset += length;
  }
  if (pieces.length <= SPECIAL) fail(`it has ${pieces.length} pieces`);
  return pieces;
}

function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

function toBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
