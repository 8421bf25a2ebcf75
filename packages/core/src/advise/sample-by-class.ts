/** The examples that advice is measured on: enough of each class, and not so many that it takes long. */
import { Random } from '../random.ts';

/** Examples of a class that are measured at most: more hardly change the numbers. */
export const MOST_PER_CLASS = 100;
/** Examples that are measured at most. */
const MOST_EXAMPLES = 2000;

/**
 * At most so many examples of each class, drawn by the seed; class after class.
 * @param mostPerClass Default `MOST_PER_CLASS`; never more than `MOST_EXAMPLES` in all.
 */
export function sampleByClass<Example extends { readonly label: number }>(
  examples: readonly Example[],
  classes: number,
  seed: number,
  mostPerClass = MOST_PER_CLASS,
): Example[] {
  const most = Math.max(2, Math.min(mostPerClass, Math.floor(MOST_EXAMPLES / classes)));
  const ofClass = Array.from({ length: classes }, (): Example[] => []);
  for (const example of examples) ofClass[example.label]!.push(example);
  const random = Random.fromSeed(seed).fork('advice');
  return ofClass.flatMap((own, label) => random.fork(label).shuffle(own).slice(0, most));
}

/** Share of the most frequent class, in (0, 1]: what always naming it gets right. */
export function mostFrequentShare(examples: readonly { readonly label: number }[]): number {
  const counts = new Map<number, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / examples.length;
}
