import { Random, UserError } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { TOKENIZER_SIZE, tokenizerBytes } from '../../test/tiny-decoder.ts';
import { Llama2cTokenizer } from './llama2c-tokenizer.ts';

const tokenizer = new Llama2cTokenizer(tokenizerBytes(), 'tok.bin');
const pieces = (text: string) => tokenizer.encode(text).map((token) => pieceOf(token));
const pieceOf = (token: number) => (token < 259 ? `<${token - 3}>` : tokenizer.decode([259, token]).slice(1));

/** The algorithm of run.c in its own words: look at all pairs, merge the best, begin again. */
function byDefinition(text: string): number[] {
  const single = (token: number) => tokenizer.decode([259, token]).slice(1);
  const numbers = new Map(Array.from({ length: TOKENIZER_SIZE - 259 }, (_, i) => [single(259 + i), 259 + i] as const));
  const tokens = [...` ${text}`].flatMap(
    (character) => numbers.get(character) ?? [...Buffer.from(character)].map((byte) => byte + 3),
  );
  for (;;) {
    let best: { at: number; token: number } | undefined;
    for (let i = 0; i + 1 < tokens.length; i++) {
      if (tokens[i]! < 259 || tokens[i + 1]! < 259) continue;
      const token = numbers.get(single(tokens[i]!) + single(tokens[i + 1]!));
      // A lower number has a higher score here.
      if (token !== undefined && (best === undefined || token < best.token)) best = { at: i, token };
    }
    if (best === undefined) return tokens;
    tokens.splice(best.at, 2, best.token);
  }
}

describe('Llama2cTokenizer', () => {
  it('merges the best pair first (by hand)', () => {
    expect(tokenizer.size).toBe(TOKENIZER_SIZE);
    expect([tokenizer.begin, tokenizer.end]).toEqual([1, 2]);
    expect(pieces('the cat and the dog ran.')).toEqual([' the', ' cat', ' and', ' the', ' dog', ' ran', '.']);
    expect(pieces('them')).toEqual([' the', 'm']);
    // 'aa' stands before 'aaa': of four the first two and the last two are joined, and no more.
    expect(pieces('xaaaa').slice(1)).toEqual(['x', 'aa', 'aa']);
    expect(pieces('xaaa').slice(1)).toEqual(['x', 'aaa']);
  });

  it('writes what is no piece as bytes', () => {
    expect(pieces('é')).toEqual([' ', 'é']);
    expect(pieces('ü').slice(1)).toEqual(['<195>', '<188>']);
    expect(pieces('<unk><0x41>').every((piece) => !piece.includes('unk'))).toBe(true);
  });

  it.each([
    'the cat and the dog ran.',
    '  two blanks',
    'ends with a blank ',
    'Grüße, 世界 🙂\n\ttab',
    'a\0b',
    ' ',
    '\u0301',
  ])('gives %j back', (text) => {
    const tokens = tokenizer.encode(text);
    expect(tokenizer.decode(tokens)).toBe(text);
    expect(tokenizer.decode([1, ...tokens, 2])).toBe(text);
  });

  it('gives nothing of nothing, and a sign of what is cut within a character', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode(tokenizer.encode('🙂').slice(0, 3))).toContain('\ufffd');
    expect(() => tokenizer.decode([TOKENIZER_SIZE])).toThrow(RangeError);
  });

  it('merges as the definition does', () => {
    const random = Random.fromSeed(1);
    const letters = [...'  aaaahetndgocr', 'ß'];
    for (let i = 0; i < 50; i++) {
      const text = Array.from({ length: 1 + random.integer(60) }, () => letters[random.integer(letters.length)]).join(
        '',
      );
      expect(tokenizer.encode(text)).toEqual(byDefinition(text));
    }
  });

  it('takes long texts without going over them again and again', () => {
    const started = performance.now();
    expect(tokenizer.encode('the cat and the dog ran. '.repeat(20_000))).toHaveLength(140_001);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each<[string, (bytes: Uint8Array<ArrayBuffer>, view: DataView) => Uint8Array | undefined, string]>([
    ['nothing', () => new Uint8Array(), '0 bytes are too few'],
    ['a header alone', (bytes) => bytes.subarray(0, 4), 'it has 0 pieces'],
    ['no length of the longest', (_, view) => void view.setInt32(0, 0, true), 'its longest piece is of 0 bytes'],
    ['a cut piece', (bytes) => bytes.subarray(0, -1), 'it ends within piece'],
    ['a cut head of a piece', (bytes) => bytes.subarray(0, 10), 'it ends within piece 0'],
    ['a length below zero', (_, view) => void view.setInt32(8, -1, true), 'piece 0 is of -1 bytes'],
    ['an empty piece', (_, view) => void view.setInt32(8, 0, true), 'piece 0 is of 0 bytes'],
    ['a huge piece', (_, view) => void view.setInt32(8, 2 ** 30, true), 'piece 0 is of 1073741824 bytes'],
    ['a score that is none', (_, view) => void view.setFloat32(4, Number.NaN, true), 'the score of piece 0 is NaN'],
    [
      'a byte that is missing',
      (bytes) => {
        bytes[bytes.indexOf(0x3c, 40) + 1] = 0x31;
        return undefined;
      },
      "has no piece '<0x00>'",
    ],
  ])('refuses a file with %s', (_, spoil, message) => {
    const bytes = tokenizerBytes();
    const spoilt = spoil(bytes, new DataView(bytes.buffer)) ?? bytes;
    expect(() => new Llama2cTokenizer(spoilt, 'tok.bin')).toThrow(UserError);
    expect(() => new Llama2cTokenizer(spoilt, 'tok.bin')).toThrow(message);
  });
});
