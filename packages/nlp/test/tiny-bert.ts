/** The pre-trained tiny encoder of test-fixtures, and a task for it that is drawn from a few words. */
import { fileURLToPath } from 'node:url';
import { Random, tf } from '@attune/core';
import type { TextExample } from '../src/dataset/example.ts';
import type { EncodedTexts } from '../src/text/encode.ts';
import { paddedBatch } from '../src/text/source.ts';

export const TINY_BERT: string = fileURLToPath(new URL('../../../test-fixtures/data/nlp/tiny_bert', import.meta.url));

const WORDS = {
  good: ['great', 'good', 'lovely', 'fine', 'strong', 'clever', 'charming', 'fresh'],
  bad: ['awful', 'terrible', 'poor', 'weak', 'bad', 'dull', 'stale', 'boring'],
} as const;
const THINGS = ['plot', 'cast', 'music', 'story', 'hero', 'scene', 'ending', 'drama'];

/** Sentences of 4 to 10 words, class 1 where the adjectives praise. */
export function opinions(count: number, seed: number): TextExample[] {
  const random = Random.fromSeed(seed);
  const pick = (words: readonly string[]) => words[random.integer(words.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const adjective = () => pick(label === 1 ? WORDS.good : WORDS.bad);
    const more = random.integer(2) === 0 ? '' : ` and the ${pick(THINGS)} was ${adjective()}`;
    return { name: `${i}`, text: `the ${pick(THINGS)} was ${adjective()}${more}`, label };
  });
}

/** Rows [N, 3, T] of encoded texts, padded with zeros to the longest. */
export function batchOf(encoded: EncodedTexts): tf.Tensor3D {
  const length = Math.max(...encoded.texts.map((text) => text.length / 3));
  const { inputs } = paddedBatch(encoded, [...encoded.texts.keys()], length);
  return tf.tensor3d(inputs, [encoded.texts.length, 3, length], 'int32');
}
