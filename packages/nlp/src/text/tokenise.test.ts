import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_WORD, tokenise } from './tokenise.ts';

const words = (text: string) => tokenise(text).join(' ');

describe('tokenise', () => {
  it.each([
    ['The film, at last, works!', 'the film , at last , works !'],
    [
      "I don't think it's bad; we can't, they'll, I'd've.",
      "i do n't think it 's bad ; we ca n't , they 'll , i 'd 've .",
    ],
    ['Don’t say the dogs’ bowl isn’t empty', "do n't say the dogs ' bowl is n't empty"],
    ["rock'n'roll at five o'clock", "rock'n'roll at five o'clock"],
    ['a well-made, low-budget film - really', 'a well-made , low-budget film - really'],
    [
      'It cost $1,000.50 at 10:30, i.e. 3.5% of the U.S. total.',
      'it cost $ 1,000.50 at 10:30 , i.e. 3.5 % of the u.s. total .',
    ],
    ['The end.The next begins (now).', 'the end . the next begins ( now ) .'],
    ['Well... no!!! -- "quoted"', 'well ... no !!! -- " quoted "'],
    ['https://example.org/a?b=1', 'https : // example . org / a ? b = 1'],
    ['', ''],
    [' \t\r\n\u00a0\u3000\ufeff\u200b\u0000', ''],
  ])('cuts %j', (text, expected) => {
    expect(words(text)).toBe(expected);
  });

  it.each([
    "the film does n't work , and it 's `` bad '' -lrb- really -rrb- .",
    "it's so laddish and juvenile , only teenage boys could possibly find it funny .".replace("it's", "it 's"),
    'what does cpr stand for ?',
    'a u.s. film of the 1990s ... and -- yes -- 2.5 stars',
  ])('leaves tokenised text alone: %s', (text) => {
    expect(words(text)).toBe(text);
  });

  it('knows letters of every script, one form of each, and cuts scripts without spaces into characters', () => {
    expect(words('Ein schönes Stück, ΣΟΦΙΑ — Большой')).toBe('ein schönes stück , σοφια — большой');
    expect(tokenise('scho\u0308n')).toEqual(tokenise('schön'));
    expect(tokenise('好电影!')).toEqual(['好', '电', '影', '!']);
    expect(tokenise('नमस्ते दुनिया')).toEqual(['नमस्ते', 'दुनिया']);
    expect(tokenise('good 👍👍 film ❤️')).toEqual(['good', '👍👍', 'film', '❤️']);
    expect(tokenise('a\ud800b')).toEqual(['a', 'b']);
  });

  it('keeps capitals when it is told to', () => {
    expect(tokenise("Paris isN'T Rome", { lowerCase: false })).toEqual(['Paris', 'is', "N'T", 'Rome']);
  });

  it('comes to the same when it is done twice', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "n't",
        "'s",
        '’',
        "'",
        '-',
        '.',
        ',',
        ':',
        'U',
        's',
        'don',
        '12',
        ' ',
        '``',
        "''",
        '-lrb-',
        '!',
        'ß',
        'İ',
        '好',
        '👍',
        '\u0301',
        '\u200d',
      ),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const once = tokenise(pieces.join(''));
        expect(tokenise(once.join(' '))).toEqual(once);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('cuts words that are none, tells of it, and never halves a character', () => {
    const cut: number[] = [];
    const long = `a${'\u{1d400}'.repeat(100)}`;
    const [word, next] = tokenise(`${long} end`, { lowerCase: false, onCut: (length) => cut.push(length) });
    expect(word).toBe([...long].slice(0, LONGEST_WORD).join(''));
    expect(next).toBe('end');
    expect(cut).toEqual([201]);
  });

  it.each([
    ['letters', 'a'],
    ['marks', '\u0301\u0316'],
    ['apostrophes', "'"],
    ['contractions', "n't"],
    ['initials', 'u.'],
    ['digits and separators', '1,'],
    ['hyphens', '-a'],
    ['signs that differ', '!?'],
  ])('takes 2 MB of %s in one piece', (_, unit) => {
    const text = unit.repeat(Math.ceil(2_000_000 / unit.length));
    const started = performance.now();
    const kept = tokenise(text);
    // Tens of milliseconds; anything quadratic would take minutes.
    expect(performance.now() - started).toBeLessThan(20_000);
    expect([...kept[0]!].length).toBeLessThanOrEqual(LONGEST_WORD);
  });
});
