/** Two kinds of generated texts of the same words and letters, for language models that are to learn one and not forget the other. */
import { Random } from '@attune/core';

const ANIMALS = ['cat', 'dog', 'hen', 'fox'] as const;
const DEEDS = ['ran', 'sat', 'hid', 'ate'] as const;

/** `ran and sat`: what an animal did comes after it, in `walks`; in `reports` before it, with other words between. */
export function domainTexts(domain: 'walks' | 'reports', count: number, seed: number): string[] {
  const random = Random.fromSeed(seed).fork(domain);
  const pick = (words: readonly string[]) => words[random.integer(words.length)]!;
  return Array.from({ length: count }, () =>
    Array.from({ length: 2 }, () =>
      domain === 'walks'
        ? `the ${pick(ANIMALS)} ${pick(DEEDS)} and ${pick(DEEDS)}.`
        : `${pick(DEEDS)} did a ${pick(ANIMALS)}, so did a ${pick(ANIMALS)}.`,
    ).join(' '),
  );
}
