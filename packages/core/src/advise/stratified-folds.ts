/** Folds for cross-validation in which every class keeps its share. */
import { Random } from '../random.ts';

/**
 * The fold, 0 to `folds` - 1, of each example: the folds of a class differ in size by at most one. The same seed gives the
 * same folds.
 * @param labels Class of each example.
 * @throws RangeError for fewer than two folds.
 */
export function stratifiedFolds(labels: ArrayLike<number>, folds: number, seed: number): number[] {
  if (!Number.isSafeInteger(folds) || folds < 2) throw new RangeError(`folds is ${folds}, and must be at least 2`);
  const members = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const ofClass = members.get(labels[i]!);
    if (ofClass) ofClass.push(i);
    else members.set(labels[i]!, [i]);
  }
  const foldOf = new Array<number>(labels.length);
  // The next class goes on where the last one ended, or small classes would all lack the same folds.
  let next = 0;
  for (const [label, ofClass] of members)
    for (const i of Random.fromSeed(seed).fork(`folds/${label}`).shuffle(ofClass)) foldOf[i] = next++ % folds;
  return foldOf;
}
