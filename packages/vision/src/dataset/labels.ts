/**
 * What an image is labelled with: the number of its one class, or, in multi-label data, the numbers of all labels that it
 * has, which may be none.
 */
import { UserError } from '@attune/core';

/** Whether every image has one class (`single`), or any number of labels (`multi`). */
export type LabelKind = 'single' | 'multi';

/** Between the labels of a manifest's cell. */
export const SEPARATOR = '|';

export interface Labelled {
  /** Number of its class; -1 in multi-label data, where no one class is its own. */
  readonly label: number;
  /** In multi-label data alone: the numbers of its labels, ascending. */
  readonly targets?: readonly number[] | undefined;
}

/** The numbers of all its classes. */
export function labelsOf({ label, targets }: Labelled): readonly number[] {
  return targets ?? [label];
}

export function labelKindOf(examples: readonly Labelled[]): LabelKind {
  return examples.some(({ targets }) => targets !== undefined) ? 'multi' : 'single';
}

/** [examples, classes]: 1 for each label that an example has, else 0. @throws RangeError for a label that is no class. */
export function multiHot(examples: readonly Labelled[], classes: number): Float32Array {
  const targets = new Float32Array(examples.length * classes);
  for (const [row, example] of examples.entries())
    for (const label of labelsOf(example)) {
      if (!(label >= 0 && label < classes)) throw new RangeError(`label ${label} is not in 0..${classes - 1}`);
      targets[row * classes + label] = 1;
    }
  return targets;
}

/** @throws UserError where rare classes are to count more, which takes examples of one class. */
export function requireNoBalance(balance: string | null | undefined, labels: LabelKind): void {
  if (labels === 'multi' && balance != null)
    throw new UserError(
      `Images with several labels cannot be balanced by ${balance}, which counts one class for each image.`,
      'Leave balance out; macro F1 and the average precision of each label show the rare ones.',
    );
}
