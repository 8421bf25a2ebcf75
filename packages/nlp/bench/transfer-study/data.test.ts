/** The study's data, where it is at hand: published sizes, no text on two sides. */
import { Random } from '@attune/core';
import { type TextExample, textKey, tokenise, Vocabulary } from '@attune/nlp';
import { describe, expect, it } from 'vitest';
import { openStudyData, STUDY_DATA, type StudyDataName } from './data.ts';
import { openStudyVectors, principalCoordinates, widen } from './vectors.ts';

const data = process.env.ATTUNE_DATA ?? '';
if (data === '') console.warn("skipped: ATTUNE_DATA does not name a folder with the study's data");

const open = (name: StudyDataName) => openStudyData(name, { data, imdbParts: 1 });
const key = ({ text, pair }: TextExample) => textKey(text, pair);

describe.skipIf(data === '')('openStudyData', () => {
  it.each<[StudyDataName, readonly [train: number, validation: number, test: number], readonly string[]]>([
    ['mr', [8462, 1100, 1100], []],
    [
      'qc',
      [4769, 600, 500],
      ['11 training questions that are in the test', '72 training questions that repeat an earlier one'],
    ],
    ['sick', [4439, 495, 4906], []],
    ['msrp', [3575, 501, 1725], []],
    ['sst2', [1505, 180, 390], ['7535 sentences that are in MR', '3 training sentences that are in the test']],
    ['snli', [8833, 1001, 9824], ['6 pairs whose premise is in the test', '2 pairs that repeat an earlier one']],
    [
      'snli-both',
      [18657, 1001, 0],
      [
        '6 pairs whose premise is in the test',
        '2 pairs that repeat an earlier one',
        '0 pairs of the test that repeat another',
      ],
    ],
    ['imdb', [4475, 504, 4936], ['85 reviews that repeat an earlier one']],
  ])('%s', async (name, sizes, dropped) => {
    const { splits, dropped: left } = await open(name);
    expect({ sizes: [splits.train.length, splits.validation.length, splits.test.length], left }).toEqual({
      sizes,
      left: dropped,
    });
  });

  it.each(STUDY_DATA)('%s has no text on two sides, and all classes on each', async (name) => {
    const { splits, classes, pairs } = await open(name);
    const sides = [splits.train, splits.validation, splits.test];
    const keys = sides.map((side) => new Set(side.map(key)));
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      expect([...keys[a]!].filter((each) => keys[b]!.has(each))).toEqual([]);
    for (const side of sides.filter(({ length }) => length > 0)) {
      expect([...new Set(side.map(({ label }) => label))].sort()).toEqual(classes.map((_, label) => label));
      expect(side.every(({ pair }) => (pair !== undefined) === pairs)).toBe(true);
    }
    expect((await open(name)).splits.validation).toEqual(splits.validation);
  });

  it('the texts are read right: letters of windows-1252, quotes, no HTML', async () => {
    const all = async (name: StudyDataName) => Object.values((await open(name)).splits).flat();
    const mr = await all('mr');
    expect(mr.some(({ text }) => /[\u0080-\u009f\ufffd]/.test(text))).toBe(false);
    expect(mr.some(({ text }) => text.includes('–'))).toBe(true);
    expect((await all('msrp')).some(({ text }) => text.includes('"the witness"'))).toBe(true);
    expect((await all('imdb')).some(({ text }) => text.includes('<br'))).toBe(false);
  });
});

describe.skipIf(data === '')('openStudyVectors', () => {
  it.each([
    ['glove-twitter-25d', 25, 0.8],
    ['word2vec-300d', 300, 0.7],
  ] as const)('%s has most running words of MR, and near words near', async (name, size, covered) => {
    const mr = await open('mr');
    const texts = mr.splits.train.map(({ text }) => tokenise(text));
    const vocabulary = Vocabulary.fromTexts(texts);
    const found = await openStudyVectors(name, data, vocabulary, Random.fromSeed(1));
    expect(found.size).toBe(size);
    const missing = new Set(found.missing);
    const running = texts.flat().filter((word) => /\p{L}/u.test(word));
    expect(running.filter((word) => !missing.has(word)).length / running.length).toBeGreaterThan(covered);
    const vector = (word: string) => {
      const index = vocabulary.indexOf(word);
      return found.vectors.subarray(index * size, (index + 1) * size);
    };
    const cosine = (a: string, b: string) => {
      const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
      const [x, y] = [vector(a), vector(b)];
      return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
    };
    expect(cosine('film', 'movie')).toBeGreaterThan(cosine('film', 'three'));
    expect(cosine('terrible', 'horrible')).toBeGreaterThan(cosine('terrible', 'house'));
  });
});

it('widen reads half floats: normal, small, negative, none', () => {
  const halves = Uint8Array.of(0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b, 0x00, 0x00, 0x00, 0x7c);
  expect([...new Float32Array(widen(halves).buffer)]).toEqual([1, -2, Math.fround(2 ** -24), 65504, 0, Infinity]);
});

it('principalCoordinates keeps inner products of rows that lie in a plane', () => {
  const plane = (a: number, b: number) => [a, a + b, 2 * b, a - b];
  const rows = [plane(1, 0), plane(0, 1), plane(2, -1), plane(-1, 3)];
  const coordinates = principalCoordinates(Float32Array.from(rows.flat()), 4, 2);
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
  for (const [i, a] of rows.entries())
    for (const [j, b] of rows.entries())
      expect(dot(coordinates.subarray(2 * i, 2 * i + 2), coordinates.subarray(2 * j, 2 * j + 2))).toBeCloseTo(
        dot(a, b),
        4,
      );
});
