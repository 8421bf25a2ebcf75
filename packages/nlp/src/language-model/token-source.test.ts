import type { Batch, ExampleSource } from '@attune/core';
import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { slidingWindows, tokenSource } from './token-source.ts';
import type { LanguageTokenizer } from './tokenizer.ts';

/** a is 10, b is 11 and so on. */
const letters = (begin: number | undefined, end: number | undefined): LanguageTokenizer => ({
  size: 40,
  begin,
  end,
  encode: (text) => [...text].map((letter) => letter.charCodeAt(0) - 87),
  decode: String,
});
function rows(source: ExampleSource): { inputs: number[]; tokens: number[] }[] {
  const request = { epoch: 0, batchSize: 100, firstBatch: 0, random: Random.fromSeed(1) };
  const [batch] = [...(source.batches(request) as Iterable<Batch>)];
  const length = batch!.shape[0]!;
  return Array.from({ length: source.count }, (_, i) => ({
    inputs: [...batch!.inputs.subarray(i * length, (i + 1) * length)],
    tokens: [...batch!.tokens!.subarray(i * length, (i + 1) * length)],
  }));
}

describe('tokenSource', () => {
  it('packs texts, each token once, and never asks for the begin of one', () => {
    expect(rows(tokenSource(['abc', 'de'], letters(1, 2), { length: 4 }))).toEqual([
      { inputs: [1, 10, 11, 12], tokens: [10, 11, 12, 2] },
      { inputs: [2, 1, 13, 14], tokens: [-1, 13, 14, 2] },
    ]);
  });

  it('sets one token between texts where it both ends and begins them', () => {
    expect(rows(tokenSource(['abc', 'de'], letters(0, 0), { length: 4 }))).toEqual([
      { inputs: [0, 10, 11, 12], tokens: [10, 11, 12, 0] },
      { inputs: [0, 13, 14, 0], tokens: [13, 14, 0, -1] },
    ]);
  });

  it('takes texts without ends', () => {
    expect(rows(tokenSource(['abc', 'de'], letters(undefined, undefined), { length: 3 }))).toEqual([
      { inputs: [10, 11, 12], tokens: [11, 12, 13] },
      { inputs: [13, 14, 0], tokens: [14, -1, -1] },
    ]);
  });

  it('gives each text a row, cut and padded', () => {
    expect(rows(tokenSource(['abcdef', 'a'], letters(1, 2), { length: 4, layout: 'rows' }))).toEqual([
      { inputs: [1, 10, 11, 12], tokens: [10, 11, 12, 13] },
      { inputs: [1, 10, 2, 0], tokens: [10, 2, -1, -1] },
    ]);
  });

  it('leaves out texts in which nothing is to be named, and refuses none but them', () => {
    const bare = letters(undefined, undefined);
    expect(rows(tokenSource(['', 'a', 'ab'], bare, { length: 2, layout: 'rows' }))).toHaveLength(1);
    for (const texts of [[], [''], ['a', '']])
      expect(() => tokenSource(texts, bare, { length: 2, layout: 'rows' })).toThrow('the texts are empty');
    expect(() => tokenSource(['ab'], bare, { length: 0 })).toThrow('The length of sequences is 0');
  });
});

describe('slidingWindows', () => {
  const tokens = Array.from({ length: 23 }, (_, i) => i);
  it.each([
    [4, 4],
    [4, 2],
    [4, 1],
    [7, 3],
    [22, 11],
    [22, 22],
    [30, 10],
  ])('of %i tokens every %i name each token once, with enough before it', (length, stride) => {
    const windows = slidingWindows(tokens, length, stride);
    const named = windows.flatMap((window) => window.tokens.slice(window.named));
    expect(named).toEqual(tokens.slice(1));
    for (const [i, { tokens: own, named: from }] of windows.entries()) {
      expect(own.length).toBeLessThanOrEqual(length + 1);
      expect(own[0]).toBe(i * stride);
      if (i > 0) expect(from).toBe(length - stride + 1);
    }
  });
});
