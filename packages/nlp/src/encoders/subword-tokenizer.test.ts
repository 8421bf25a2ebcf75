import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { opinions, TINY_BERT } from '../../test/tiny-bert.ts';
import { loadTokenizer } from './checkpoint.ts';
import { SubwordTokenizer } from './subword-tokenizer.ts';

let tokenizer: SubwordTokenizer;
let pieces: string[];
beforeAll(async () => {
  tokenizer = await loadTokenizer(TINY_BERT);
  pieces = (await readFile(join(TINY_BERT, 'vocab.txt'), 'utf8')).trimEnd().split('\n');
});

const encode = (text: string, pair?: string, maxTokens = 128) => {
  const { ids, ...rest } = tokenizer.encode(text, pair, { maxTokens });
  return { text: ids.map((id) => pieces[id]).join(' '), ...rest };
};

describe('SubwordTokenizer', () => {
  it('cuts words into pieces, between the special tokens', () => {
    expect(tokenizer.size).toBe(pieces.length);
    expect(encode('The PLOT was unfunny!').text).toBe('[CLS] the plot was u ##n ##f ##un ##n ##y ! [SEP]');
    expect(encode('☃').text).toBe('[CLS] [UNK] [SEP]');
    expect(encode('').text).toBe('[CLS] [SEP]');
  });

  it('tells the texts of a pair apart', () => {
    expect(encode('the plot', 'a cast')).toEqual({
      text: '[CLS] the plot [SEP] a cast [SEP]',
      types: [0, 0, 0, 0, 1, 1, 1],
      cut: 0,
    });
  });

  it('cuts the end of the longer text, and no special token', () => {
    expect(encode('the plot was great', undefined, 4)).toEqual({
      text: '[CLS] the plot [SEP]',
      types: [0, 0, 0, 0],
      cut: 2,
    });
    const pair = encode('the plot was really great', 'a cast', 7);
    expect(pair).toEqual({ text: '[CLS] the plot [SEP] a cast [SEP]', types: [0, 0, 0, 0, 1, 1, 1], cut: 3 });
    expect(() => encode('the plot', 'a cast', 2)).toThrow(UserError);
  });

  it('gives the three rows of an encoder', () => {
    const encoded = tokenizer.encodeExamples(
      [
        { name: '1', text: 'the plot', pair: 'a cast', label: 1 },
        { name: '2', text: 'the plot was great', label: 0 },
      ],
      { maxTokens: 5 },
    );
    expect(encoded).toMatchObject({ parts: 3, cut: { texts: 2, words: 0 } });
    expect([...encoded.labels]).toEqual([1, 0]);
    const [pair] = encoded.texts;
    expect([...pair!.subarray(5)]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 1, 1]);
    expect(encoded.texts[1]).toHaveLength(15);
  });

  it('takes a text of two million characters, with and without spaces, in bounded time', () => {
    const started = performance.now();
    for (const text of ['x'.repeat(2e6), 'a b '.repeat(5e5), ' '.repeat(2e6), '[SEP]'.repeat(4e5)])
      expect(tokenizer.encode(text, text, { maxTokens: 128 }).ids.length).toBeLessThanOrEqual(128);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('encodes 10,000 sentences in a few seconds on any machine', () => {
    const examples = opinions(10_000, 1);
    const started = performance.now();
    expect(tokenizer.encodeExamples(examples, { maxTokens: 128 }).texts).toHaveLength(10_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each<[string, unknown, unknown]>([
    ['no object', [], {}],
    ['no model', {}, {}],
    ['an unknown model', { model: { type: 'Magic', vocab: {} } }, {}],
    ['a vocabulary of no numbers', { model: { type: 'WordPiece', vocab: { a: 'b' }, unk_token: 'a' } }, {}],
    ['negative numbers', { model: { type: 'WordPiece', vocab: { '[UNK]': -1 }, unk_token: '[UNK]' } }, {}],
    ['a configuration that is null', { model: { type: 'WordPiece', vocab: {}, unk_token: 'a' } }, null],
  ])('refuses %s in one line', (_, json, config) => {
    expect(() => new SubwordTokenizer(json, config, 'tokenizer.json')).toThrow(
      /^tokenizer.json is no tokenizer that can be read \(.*\)\. Give the tokenizer.json/,
    );
  });
});
