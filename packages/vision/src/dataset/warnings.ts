/** What is wrong with a data set that can be learnt from all the same: said before training, and kept in its record. */
import { counted, equalItems, listNames, printable, type SplitName } from '@attune/core';
import type { Labelled } from './labels.ts';
import { labelKindOf, labelsOf } from './labels.ts';

/** An image that can be decoded. */
export interface CheckedImage extends Labelled {
  readonly name: string;
  readonly split: SplitName;
  /** Hash of the file's content. */
  readonly content: string;
}

/** Training images of the largest class for each of the smallest from which on the smallest is likely to be passed over. */
const IMBALANCE = 10;

/**
 * @param classes Names of the classes.
 * @returns Sentences, the most serious first.
 */
export function datasetWarnings(classes: readonly string[], images: readonly CheckedImage[]): string[] {
  return [
    ...duplicateWarnings(classes, images),
    ...sizeWarnings(classes, images),
    ...unlabelledWarnings(images),
    ...classNameWarnings(classes),
  ];
}

/** An empty cell may be meant, or forgotten. */
function unlabelledWarnings(images: readonly CheckedImage[]): string[] {
  const bare = images.filter((image) => labelsOf(image).length === 0);
  if (bare.length === 0) return [];
  return [
    `${counted(bare.length, 'image has', 'images have')} no label, such as ${printable(bare[0]!.name)}: none of the labels is taken to apply.`,
  ];
}

/** Classes whose names a file system that ignores case would hold in one folder. */
function classNameWarnings(classes: readonly string[]): string[] {
  return equalItems(classes, (name) => name.toLowerCase()).map(
    (names) =>
      `Classes ${listNames(names)} differ in case only: they are kept apart, but a file system that ignores case (macOS, Windows) cannot hold both.`,
  );
}

function sizeWarnings(classes: readonly string[], images: readonly CheckedImage[]): string[] {
  const total = new Array<number>(classes.length).fill(0);
  const training = new Array<number>(classes.length).fill(0);
  for (const image of images)
    for (const label of labelsOf(image)) {
      total[label]!++;
      if (image.split === 'train') training[label]!++;
    }
  const warnings: string[] = [];
  const single = classes.filter((_, label) => total[label] === 1);
  if (single.length > 0)
    warnings.push(
      `${single.length === 1 ? `Class ${listNames(single)} has` : `Classes ${listNames(single)} have`} a single image: it is learnt from, and nothing is left to test on.`,
    );
  const [least, most] = [Math.min(...training), Math.max(...training)];
  if (most >= IMBALANCE * least) {
    const [small, large] = [training.indexOf(least), training.indexOf(most)];
    warnings.push(
      `Class '${printable(classes[large]!)}' has ${most} training images and '${printable(classes[small]!)}' has ${least} (1:${Math.round(most / least)}): ${
        labelKindOf(images) === 'multi'
          ? 'micro F1 will hide the small one. Look at macro F1 and at the average precision of each.'
          : 'accuracy will hide the small class. Look at macro F1, and consider balanced sampling or class weights (setting balance).'
      }`,
    );
  }
  return warnings;
}

/** Files of the same content, by their hashes. */
function duplicateWarnings(classes: readonly string[], images: readonly CheckedImage[]): string[] {
  const copies = equalItems(images, ({ content }) => content);
  if (copies.length === 0) return [];
  if (copies[0]!.length === images.length)
    return [`All ${images.length} images are the same: there is nothing to tell the classes apart by.`];
  const warnings: string[] = [];
  const key = (image: CheckedImage) => labelsOf(image).join();
  const named = (image: CheckedImage) =>
    `${printable(image.name)} (${listNames(labelsOf(image).map((label) => classes[label]!)) || 'no label'})`;
  const crossing = copies.filter((group) => group.some((image) => key(image) !== key(group[0]!)));
  if (crossing.length > 0) {
    const [first] = crossing[0]!;
    const other = crossing[0]!.find((image) => key(image) !== key(first!))!;
    warnings.push(
      `${counted(crossing.length, 'picture is', 'pictures are')} ${labelKindOf(images) === 'multi' ? 'there with different labels' : 'in more than one class'}, such as ${named(first!)} and ${named(other)}.`,
    );
  }
  const leaked = copies.flatMap((group) => {
    const learnt = group.find(({ split }) => split === 'train');
    return learnt ? group.filter(({ split }) => split === 'test').map((image) => [image, learnt] as const) : [];
  });
  if (leaked.length > 0) {
    const [image, learnt] = leaked[0]!;
    warnings.push(
      `${counted(leaked.length, 'test image is a copy', 'test images are copies')} of training images, such as ${printable(image.name)} of ${printable(learnt.name)}: the test's accuracy is flattered.`,
    );
  }
  const spare = copies.reduce((sum, group) => sum + group.length - 1, 0);
  const [first, second] = copies[0]!;
  warnings.push(
    `${counted(spare, 'image is a copy', 'images are copies')} of others, such as ${printable(second!.name)} of ${printable(first!.name)}.`,
  );
  return warnings;
}
