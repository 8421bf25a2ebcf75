import { describe, expect, it } from 'vitest';
import { encodeExamples, encodePair, encodeText } from './encode.ts';
import { exampleWords } from './example-words.ts';
import { Vocabulary } from './vocabulary.ts';

const vocabulary = new Vocabulary(['<pad>', '<unk>', 'a', 'good', 'film', '.']);

describe('encodeText and encodePair', () => {
  it('gives numbers, cut to the length', () => {
    expect([...encodeText('A good book.', vocabulary)]).toEqual([2, 3, 1, 5]);
    expect([...encodeText('A good book.', vocabulary, { maxLength: 2 })]).toEqual([2, 3]);
    expect([...encodeText('A film', vocabulary, { lowerCase: false })]).toEqual([1, 4]);
    expect(() => encodeText('a', vocabulary, { maxLength: 0 })).toThrow(RangeError);
  });

  it('makes a text without words one unknown word, so that no row is all padding', () => {
    expect([...encodeText('\u200b', vocabulary)]).toEqual([1]);
  });

  it('pads the shorter of a pair', () => {
    expect([...encodePair('film', 'a good film', vocabulary)]).toEqual([4, 0, 0, 2, 3, 4]);
  });
});

it('exampleWords gives both texts of a pair, so that a vocabulary has the words of both', () => {
  const words = [...exampleWords([{ text: 'A film' }, { text: 'good', pair: 'A film.' }])];
  expect(words).toEqual([['a', 'film'], ['good'], ['a', 'film', '.']]);
  expect(Vocabulary.fromTexts(words).words.slice(2)).toEqual(['a', 'film', '.', 'good']);
});

describe('encodeExamples', () => {
  const single = { name: '1', text: `a good film ${'x'.repeat(100)}`, label: 1 };
  const pair = { name: '2', text: 'a', pair: 'film .', label: 0 };

  it('takes single texts, and counts what it cut', () => {
    const encoded = encodeExamples([single, { ...single, text: 'film', label: 0 }], vocabulary, { maxLength: 3 });
    expect(encoded).toMatchObject({ parts: 1, cut: { texts: 1, words: 1 } });
    expect(encoded.texts.map((text) => [...text])).toEqual([[2, 3, 4], [4]]);
    expect([...encoded.labels]).toEqual([1, 0]);
  });

  it('takes pairs, and not both', () => {
    expect(encodeExamples([pair], vocabulary)).toMatchObject({ parts: 2, texts: [Int32Array.of(2, 0, 4, 5)] });
    expect(() => encodeExamples([pair, single], vocabulary)).toThrow('1 is a single text, unlike the first example');
  });
});
