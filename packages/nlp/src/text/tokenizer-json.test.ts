/** The exported tokenizer in the library that transformers.js reads it with, against `encodeText`. */
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textTaskExamples } from '../../../../test-fixtures/src/text-task-examples.ts';
import { TEXT_TASKS } from '../../../../test-fixtures/src/text-tasks.ts';
import { encodeText } from './encode.ts';
import { tokenise } from './tokenise.ts';
import { separatorOf, wordTokenizerFiles } from './tokenizer-json.ts';
import { Vocabulary } from './vocabulary.ts';

const ALL = 1e6;

/** The numbers of the words, without the `<pad>` that stands last. */
function exported(vocabulary: Vocabulary, lowerCase = true): (text: string) => number[] {
  // As it is read from a file.
  const files = JSON.parse(JSON.stringify(wordTokenizerFiles(vocabulary, { lowerCase, maxLength: ALL })));
  const tokenizer = new Tokenizer(files.tokenizer, files.config);
  return (text) => {
    const { ids } = tokenizer.encode(text);
    return ids.at(-1) === 0 ? ids.slice(0, -1) : [];
  };
}

/** A vocabulary of all words of the texts but each seventh. */
function vocabularyOf(texts: readonly string[], lowerCase = true): Vocabulary {
  const words = new Set(texts.flatMap((text) => tokenise(text, { lowerCase })));
  return new Vocabulary(['<pad>', '<unk>', ...[...words].filter((_, i) => i % 7 !== 6)]);
}

/** Nothing is unknown, where one wrong cut could be hidden by another. */
function expectSameWords(texts: readonly string[], lowerCase = true): void {
  for (const vocabulary of [
    vocabularyOf(texts, lowerCase),
    Vocabulary.fromTexts(texts.map((text) => tokenise(text, { lowerCase }))),
  ]) {
    const encode = exported(vocabulary, lowerCase);
    const words = texts.map((text) => [text, [...vocabulary.encode(tokenise(text, { lowerCase }))]]);
    expect(texts.map((text) => [text, encode(text)])).toEqual(words);
  }
}

describe('the exported tokenizer', () => {
  it('finds the words of hard cases', () => {
    const texts = [
      "I don't think it's bad; we can't, they'll, I'd've.",
      'Don’t say the dogs’ bowl isn’t empty',
      "shouldn't've n't 's 'S N'T isN'T rock'n'roll o'clock a'sn't x-n't 'tis 't",
      'It cost $1,000.50 at 10:30, i.e. 3.5% of the U.S. total, u.s.army u.s.5 a.1.5 İ.a. a.İ 1.a e\u0301.a',
      'The end.The next begins (now). Well... no!!! -- "quoted" -LRB- -rrb-x',
      'https://example.org/a?b=1 <unk> <pad> <sep> ##a ##',
      '好电影! नमस्ते दुनिया ก้า good 👍👍 film ❤️ ΣΟΦΙΑ’S ΟΔΟΣ',
      "’' '’ ’’ '''s ''s ’s’s",
      `a${'\u{1d400}'.repeat(100)} ${'👍'.repeat(90)} ${'x'.repeat(63)}'s ${'y'.repeat(70)} ${'!'.repeat(65)}`,
      'a\ud800b \udc00 x\u200dy z\u200d \u0301a \ufeff constructor __proto__ toString 12 7',
    ].map((text) => text.normalize('NFC'));
    expectSameWords(texts);
    expectSameWords(texts, false);
    expect(exported(vocabularyOf(texts))('')).toEqual([]);
    expect(exported(vocabularyOf(texts))(' \t\u00a0')).toEqual([]);
  });

  it.each(Object.values(TEXT_TASKS))('finds the words of $name', (task) => {
    const examples = textTaskExamples(task, 'train', 40, 1);
    expectSameWords(examples.flatMap(({ text, pair }) => [text, ...(pair === undefined ? [] : [pair])]));
  });

  it('finds the words of drawn texts', () => {
    const piece = fc.oneof(
      fc.constantFrom(...["n't", "'s", "'ll", 'don', 'u', 'S', '12', '1', '-lrb-', '``', 't', 'N', 'Σ', 'K', 'ſ']),
      fc.constantFrom(..."'’-.,:.:!;_< ".split('')),
      fc.constantFrom(
        ...['ß', 'İ', '好', 'ก', '٣', '👍', '\u{1d400}', '\u0301', '\u200c', '\u200d', '\ud800', '\u00a0'],
      ),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('').normalize('NFC'));
    fc.assert(fc.property(fc.array(text, { minLength: 30, maxLength: 30 }), fc.boolean(), expectSameWords), {
      numRuns: 100,
      seed: 1,
    });
  });

  it('parts the texts of a pair by a number of its own', () => {
    const vocabulary = new Vocabulary(['<pad>', '<unk>', 'a', 'b', '<sep>']);
    expect(separatorOf(vocabulary)).toBe('<<sep>>');
    const files = wordTokenizerFiles(vocabulary, { pairs: true, maxLength: 2 });
    const tokenizer = new Tokenizer(files.tokenizer, files.config);
    expect(tokenizer.encode('a b c', { text_pair: 'b' }).ids).toEqual([2, 3, 1, 5, 3]);
    expect(tokenizer.encode('a b c<<sep>> B').ids).toEqual([2, 3, 1, 5, 3, 0]);
    expect(tokenizer.encode('', { text_pair: 'b' }).ids).toEqual([5, 3]);
    expect(tokenizer.encode('a', { text_pair: '' }).ids).toEqual([2, 0]);
  });

  it('takes no beginning of a word for a word', () => {
    const vocabulary = new Vocabulary(['<pad>', '<unk>', 'film', '##s', 's', '###']);
    expect(exported(vocabulary)('film films filming ##s')).toEqual([2, 1, 1, 1, 4]);
    expect(encodeText('film films filming ##s', vocabulary)).toEqual(Int32Array.of(2, 1, 1, 1, 4));
  });
});
