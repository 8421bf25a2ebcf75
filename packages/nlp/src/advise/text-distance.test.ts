import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../text/vocabulary.ts';
import { jensenShannon, TextCounts, textDistance, unknownWords } from './text-distance.ts';

const counts = (...texts: string[]) => TextCounts.of(texts.map((text) => text.split(' ')));

describe('TextCounts', () => {
  it('counts words, and neighbours within a text', () => {
    const { unigrams, bigrams, texts } = counts('a b a b', 'b');
    expect([...unigrams]).toEqual([
      ['a', 2],
      ['b', 3],
    ]);
    expect([...bigrams]).toEqual([
      ['a b', 2],
      ['b a', 1],
    ]);
    expect(texts).toBe(2);
  });
});

describe('textDistance', () => {
  it('is nothing between texts of the same words, and all between texts of none in common', () => {
    expect(textDistance(counts('a b', 'a c'), counts('a c', 'a b'))).toEqual({
      vocabularyOverlap: 1,
      unknownTypes: 0,
      unknownWords: 0,
      unigramDivergence: 0,
      bigramDivergence: 0,
    });
    expect(textDistance(counts('a b'), counts('c d'))).toEqual({
      vocabularyOverlap: 0,
      unknownTypes: 1,
      unknownWords: 1,
      unigramDivergence: 1,
      bigramDivergence: 1,
    });
  });

  it('by hand: source a a b, target a c c d', () => {
    const distance = textDistance(counts('a a b'), counts('a c c d'));
    expect(distance.vocabularyOverlap).toBe(1 / 4);
    expect(distance.unknownTypes).toBeCloseTo(2 / 3, 12);
    expect(distance.unknownWords).toBe(3 / 4);
    // P = (2/3, 1/3, 0, 0), Q = (1/4, 0, 1/2, 1/4), M = (11/24, 1/6, 1/4, 1/8): H(M) - (H(P) + H(Q)) / 2.
    const entropy = (...p: number[]) => -p.reduce((sum, x) => sum + x * Math.log2(x), 0);
    const expected = entropy(11 / 24, 1 / 6, 1 / 4, 1 / 8) - (entropy(2 / 3, 1 / 3) + entropy(1 / 4, 1 / 2, 1 / 4)) / 2;
    expect(distance.unigramDivergence).toBeCloseTo(expected, 12);
    expect(distance.bigramDivergence).toBeCloseTo(1, 12);
  });

  it('does not depend on the direction but for what is unknown, nor on how many texts there are', () => {
    const [a, b] = [counts('x y z', 'x x'), counts('x y w')];
    expect(textDistance(a, b).unigramDivergence).toBeCloseTo(textDistance(b, a).unigramDivergence, 12);
    const twice = counts('x y z', 'x x', 'x y z', 'x x');
    expect(textDistance(twice, b)).toEqual(textDistance(a, b));
  });

  it('takes texts of one word, and refuses none', () => {
    expect(textDistance(counts('a'), counts('a'))).toMatchObject({ unigramDivergence: 0, bigramDivergence: 1 });
    expect(() => textDistance(new TextCounts(), counts('a'))).toThrow('no words in the source');
  });
});

it('jensenShannon by hand: (1/2, 1/2) and (1, 0) are 0.3113 bits apart', () => {
  const expected = 0.5 * (0.5 * Math.log2(0.5 / 0.75) + 0.5 * Math.log2(0.5 / 0.25)) + 0.5 * Math.log2(1 / 0.75);
  expect(expected).toBeCloseTo(0.3113, 4);
  expect(
    jensenShannon(
      new Map([
        ['a', 5],
        ['b', 5],
      ]),
      new Map([['a', 3]]),
    ),
  ).toBeCloseTo(expected, 12);
});

it('unknownWords counts running words that a vocabulary lacks', () => {
  const vocabulary = new Vocabulary(['<pad>', '<unk>', 'a']);
  expect(unknownWords(counts('a a b', 'c'), vocabulary)).toBe(0.5);
});
