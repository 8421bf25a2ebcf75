import { UserError } from '@attune/core';
import { expect, it } from 'vitest';
import { byteLevelTokenizer } from '../../test/byte-level-tokenizer.ts';
import { BpeTokenizer } from './bpe-tokenizer.ts';

const { json, config } = byteLevelTokenizer();

it('cuts and joins texts as byte-level BPE', () => {
  const tokenizer = new BpeTokenizer(json, config, 'tokenizer.json');
  const tokens = tokenizer.encode('the cat sat.');
  const vocab = (json as { model: { vocab: Record<string, number> } }).model.vocab;
  expect(tokens).toEqual(['the', 'Ġcat', 'Ġ', 's', 'at', '.'].map((token) => vocab[token]));
  expect(tokenizer.decode(tokens)).toBe('the cat sat.');
  expect(tokenizer.decode([tokenizer.begin!, ...tokens, tokenizer.end!])).toBe('the cat sat.');
  expect([tokenizer.size, tokenizer.begin, tokenizer.end]).toEqual([36, 35, 35]);
  expect(tokenizer.decode(tokenizer.encode(' two  blanks '))).toBe(' two  blanks ');
});

it('has no ends where none are named', () => {
  const tokenizer = new BpeTokenizer(json, {}, 'tokenizer.json');
  expect([tokenizer.begin, tokenizer.end]).toEqual([undefined, undefined]);
});

it.each([
  [null],
  [[]],
  [{}],
  [{ model: { type: 'BPE', vocab: { a: -1 }, merges: [] } }],
  [{ ...json, model: { type: 'Magic' } }],
])('refuses %j', (broken) => {
  expect(() => new BpeTokenizer(broken, config, 'tokenizer.json')).toThrow(UserError);
  expect(() => new BpeTokenizer(broken, config, 'tokenizer.json')).toThrow('tokenizer.json is no tokenizer');
});
