/** What the generated texts are composed with: choices that are fixed by the random numbers alone. */
import type { Random } from '@attune/core';

/** Any of the items, each as likely. */
export function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random.integer(items.length)]!;
}

/** Any of the items, the first ones more often, as words are: item i with a chance in proportion to 1 / (i + 2). */
export function pickRanked<Item>(items: readonly Item[], random: Random): Item {
  const weights = items.map((_, i) => 1 / (i + 2));
  let left = random.uniform(
    0,
    weights.reduce((sum, weight) => sum + weight),
  );
  for (const [i, weight] of weights.entries()) if ((left -= weight) < 0) return items[i]!;
  return items.at(-1)!;
}

export function chance(probability: number, random: Random): boolean {
  return random.uniform() < probability;
}

/** Another label than this one, each as likely. */
export function otherLabel(label: number, classes: number, random: Random): number {
  return (label + 1 + random.integer(classes - 1)) % classes;
}

/** A list from a string of words. */
export const words = (list: string): readonly string[] => list.trim().split(/\s+/);
/** A list from a string of phrases with commas between. */
export const phrases = (list: string): readonly string[] => list.split(',').map((phrase) => words(phrase).join(' '));
