import { describe, expect, it } from 'vitest';
import { Vocabulary } from './vocabulary.ts';

const TEXTS = [
  ['the', 'film', 'is', 'good'],
  ['the', 'film', 'is', 'bad'],
  ['the', 'end'],
];

describe('Vocabulary', () => {
  it('has the commonest words first, equals by code units, whatever the order of the texts', () => {
    const words = ['<pad>', '<unk>', 'the', 'film', 'is', 'bad', 'end', 'good'];
    expect(Vocabulary.fromTexts(TEXTS).words).toEqual(words);
    expect(Vocabulary.fromTexts([...TEXTS].reverse()).words).toEqual(words);
  });

  it('leaves out rare words, and keeps to its size', () => {
    expect(Vocabulary.fromTexts(TEXTS, { minimumCount: 2 }).words).toEqual(['<pad>', '<unk>', 'the', 'film', 'is']);
    expect(Vocabulary.fromTexts(TEXTS, { size: 4 }).words).toEqual(['<pad>', '<unk>', 'the', 'film']);
    expect(() => Vocabulary.fromTexts(TEXTS, { size: 2 })).toThrow(/no room/);
    expect(() => Vocabulary.fromTexts(TEXTS, { minimumCount: 0 })).toThrow(RangeError);
  });

  it('encodes and decodes; what it does not know is unknown', () => {
    const vocabulary = Vocabulary.fromTexts(TEXTS);
    expect([...vocabulary.encode(['the', 'good', 'book'])]).toEqual([2, 7, 1]);
    expect(vocabulary.decode([2, 7, 1, 0, 0])).toEqual(['the', 'good', '<unk>']);
    expect(() => vocabulary.decode([8])).toThrow(/8 is not/);
    expect(vocabulary.has('film')).toBe(true);
    expect(vocabulary.has('constructor')).toBe(false);
  });

  it('does not let a text smuggle in the special words', () => {
    expect(Vocabulary.fromTexts([['<pad>', '<unk>', 'x', 'x']]).words).toEqual(['<pad>', '<unk>', 'x']);
  });

  it('goes through JSON, and refuses what is none', () => {
    const vocabulary = Vocabulary.fromTexts(TEXTS);
    expect(Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary))).words).toEqual(vocabulary.words);
    for (const record of [null, {}, { words: [1] }, { words: ['a', 'b'] }, { words: ['<pad>', '<unk>', 'a', 'a'] }])
      expect(() => Vocabulary.fromJSON(record)).toThrow(/This is no vocabulary/);
  });

  it('is extended behind its own words, which keep their numbers', () => {
    const own = new Vocabulary(['<pad>', '<unk>', 'red', 'green']);
    const extended = own.extendedBy([['blue', 'red', 'blue'], ['pink']], { minimumCount: 2 });
    expect(extended.words).toEqual(['<pad>', '<unk>', 'red', 'green', 'blue']);
  });
});
