import { describe, expect, it } from 'vitest';
import { openExperiment, perClass, pieces, QUICK_EXPERIMENTS, shareOf } from './tasks.ts';

describe('pieces', () => {
  it('are all words in their order, at most so many each, and end with a sentence where one ends', () => {
    const words = 'a b c d . e f g h i j k l m n'.split(' ');
    expect(pieces(words, 6)).toEqual([
      ['a', 'b', 'c', 'd', '.'],
      ['e', 'f', 'g', 'h', 'i', 'j'],
      ['k', 'l', 'm', 'n'],
    ]);
    expect(pieces(words, 100)).toEqual([words]);
    expect(pieces([], 6)).toEqual([]);
  });

  it('do not become shorter than half for a sentence’s sake', () => {
    expect(pieces('a . b c d e f'.split(' '), 6)).toEqual([['a', '.', 'b', 'c', 'd', 'e'], ['f']]);
  });
});

describe('an experiment on generated texts', () => {
  it('has one vocabulary, from training texts, for the source and its targets', async () => {
    const { vocabulary, source, targets } = await openExperiment(QUICK_EXPERIMENTS[0]!, undefined);
    const numbers = [source, ...targets.values()].flatMap(({ train }) => train.texts.flatMap((text) => [...text]));
    expect(Math.max(...numbers)).toBe(vocabulary.size - 1);
    expect([...targets.keys()]).toEqual(['remarks', 'questions']);
    expect(targets.get('remarks')!.classes).toBe(source.classes);
  });

  it('smaller parts of a target are parts of larger ones, with every class', async () => {
    const { targets } = await openExperiment(QUICK_EXPERIMENTS[0]!, undefined);
    const { train, classes } = targets.get('questions')!;
    const [few, more] = [perClass(train, 4, 1), perClass(train, 9, 1)];
    expect(few.texts.every((text) => more.texts.includes(text))).toBe(true);
    for (let label = 0; label < classes; label++) {
      expect(few.labels.filter((each) => each === label)).toHaveLength(4);
      expect(more.labels.filter((each) => each === label)).toHaveLength(9);
    }
    expect([...shareOf(train, 0.001, 1).labels].sort()).toEqual(Array.from({ length: classes }, (_, label) => label));
    expect(shareOf(train, 0.1, 1).texts).not.toEqual(shareOf(train, 0.1, 2).texts);
    expect(shareOf(train, 1, 1)).toBe(train);
  });
});
