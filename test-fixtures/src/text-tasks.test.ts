/** The generated texts: reproducible, noisy, and such that a similar source helps where a different one does not. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logisticRegression, Random } from '@attune/core';
import { openTexts, TextCounts, type TextExample, textDistance, tokenise, UNKNOWN, Vocabulary } from '@attune/nlp';
import { describe, expect, it } from 'vitest';
import { TEXT_TASKS, type TextTask, textTaskExamples, writeTextTask } from './index.ts';

describe.each(Object.values(TEXT_TASKS).map((task) => [task.name, task] as const))('task %s', (_, task) => {
  it('composes the same text from the same numbers, and others from others', () => {
    for (const label of task.classes.keys()) {
      expect(task.compose(label, Random.fromSeed(1))).toEqual(task.compose(label, Random.fromSeed(1)));
      const texts = Array.from({ length: 50 }, (__, i) => JSON.stringify(task.compose(label, Random.fromSeed(i))));
      expect(new Set(texts).size).toBeGreaterThan(35);
    }
    expect(textTaskExamples(task, 'train', 3, 1).slice(0, 2)).toEqual(
      textTaskExamples(task, 'train', 2, 1).slice(0, 2),
    );
  });

  it('is written as files that open as a data set, byte for byte the same, in words that stay as they are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'text-tasks-'));
    try {
      for (const name of ['a', 'b'])
        await writeTextTask(join(folder, name), task, { perClass: { train: 8, validation: 2, test: 4 }, seed: 3 });
      const file = (name: string) => readFile(join(folder, name, 'train.csv'), 'utf8');
      expect(await file('a')).toBe(await file('b'));
      const { classes, splits, skipped } = await openTexts(join(folder, 'a'));
      expect(classes).toEqual(task.classes);
      expect([splits.train, splits.validation, splits.test].map(({ length }) => length / classes.length)).toEqual([
        8, 2, 4,
      ]);
      expect(skipped).toEqual([]);
      const key = ({ text, pair, label }: TextExample) => JSON.stringify([text, pair, label]);
      expect(splits.train.map(key).sort()).toEqual(textTaskExamples(task, 'train', 8, 3).map(key).sort());
      for (const { text } of splits.train) expect(tokenise(text).join('')).toBe(text.replaceAll(' ', ''));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Words of a text; of a pair those that one has and the other has not, which is what inference turns on here. */
function features({ text, pair }: TextExample): string[] {
  const first = tokenise(text);
  if (pair === undefined) return [...first, ...first.slice(1).map((word, i) => `${first[i]} ${word}`)];
  const second = tokenise(pair);
  return [
    ...first.filter((word) => !second.includes(word)).map((word) => `-${word}`),
    ...second.filter((word) => !first.includes(word)).map((word) => `+${word}`),
  ];
}

/** A linear classifier of words: what can be learnt from the examples without any other knowledge. */
function learn(task: TextTask, perClass: number, seed: number) {
  const train = textTaskExamples(task, 'train', perClass, seed);
  const vocabulary = Vocabulary.fromTexts(train.map(features), { minimumCount: perClass > 50 ? 3 : 1 });
  const vectors = (examples: readonly TextExample[]) => {
    const values = new Float32Array(examples.length * vocabulary.size);
    for (const [row, example] of examples.entries())
      for (const index of vocabulary.encode(features(example)))
        if (index !== UNKNOWN) values[row * vocabulary.size + index] = 1;
    return values;
  };
  const model = logisticRegression(
    { values: vectors(train), size: vocabulary.size, labels: Int32Array.from(train, ({ label }) => label) },
    { standardize: false, decay: 0.01 },
  );
  return (examples: readonly TextExample[]) => {
    const predicted = model.predict(vectors(examples));
    return examples.filter(({ label }, i) => predicted[i] === label).length / examples.length;
  };
}

/** Mean accuracy on unseen texts of a task. */
function accuracy(task: TextTask, perClass: number, tested: TextTask = task): number {
  const seeds = perClass > 100 ? [1] : [1, 2, 3];
  const scores = seeds.map((seed) => learn(task, perClass, seed)(textTaskExamples(tested, 'test', 300, seed)));
  return scores.reduce((sum, score) => sum + score) / seeds.length;
}

describe('what there is to learn and to carry over', () => {
  const { reviews, remarks, questions, scenes, captions, paraphrases } = TEXT_TASKS;

  it('texts can be learnt from words and their neighbours, and not to the last one', () => {
    for (const [task, least] of [
      [reviews, 0.8],
      [remarks, 0.75],
      [questions, 0.8],
    ] as const) {
      const reached = accuracy(task, 600);
      expect(reached, task.name).toBeGreaterThan(least);
      expect(reached, task.name).toBeLessThan(0.97);
    }
  });

  it('reviews know more of remarks than a few remarks do', () => {
    const few = accuracy(remarks, 10);
    const source = accuracy(reviews, 600, remarks);
    expect(source).toBeGreaterThan(few + 0.15);
  });

  it('scenes know more of captions than a few captions do', () => {
    const few = accuracy(captions, 10);
    const source = accuracy(scenes, 300, captions);
    expect(source).toBeGreaterThan(few + 0.15);
  });

  it('the words of a similar target are nearer than those of a different one', () => {
    const counts = (task: TextTask) =>
      TextCounts.of(textTaskExamples(task, 'train', 200, 1).map(({ text, pair }) => tokenise(`${text} ${pair ?? ''}`)));
    for (const [source, similar, different] of [
      [reviews, remarks, questions],
      [scenes, captions, paraphrases],
    ] as const) {
      const near = textDistance(counts(source), counts(similar));
      const far = textDistance(counts(source), counts(different));
      expect(near.unigramDivergence).toBeLessThan(far.unigramDivergence);
      expect(near.unknownWords).toBeLessThan(far.unknownWords);
    }
  });
});
