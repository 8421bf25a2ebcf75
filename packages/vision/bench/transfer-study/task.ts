/** A target's images in memory, and the parts of them that a measurement learns from and is tested on. */
import { Random } from '@attune/core';
import type { Example } from '@attune/vision';
import { openImages } from '@attune/vision';
import { catalogueEntry } from '@attune/zoo';
import type { Target } from './targets.ts';

export interface Task {
  readonly target: Target;
  readonly classes: number;
  /**
   * `size` images of each class, drawn by the seed: those of a smaller size are among those of a larger one. Every plan
   * of one seed learns from the same images.
   */
  train(size: number, seed: number): Example[];
  /** For the choice of settings: of the training split, and disjoint from `train(size, seed)`. */
  validation(size: number, seed: number): Example[];
  /** The same for all. */
  readonly test: readonly Example[];
}

/** @param from The network that the images are resized for. @param place Where data lies, and what is unpacked is kept. */
export async function openTask(
  target: Target,
  from: string,
  { data, cache }: { readonly data: string; readonly cache: string },
): Promise<Task> {
  const { preprocessing } = catalogueEntry(from);
  const resize = Math.round((preprocessing.resize * target.pixels) / preprocessing.size);
  const folder = await target.prepare(data, cache);
  const { classes, splits } = await openImages(folder, { resize, shares: { validation: 0, test: 0 } });
  const drawn = (seed: number) =>
    classes.map((_, label) =>
      Random.fromSeed(seed)
        .fork(`class ${label}`)
        .shuffle(splits.train.filter((example) => example.label === label)),
    );
  return {
    target,
    classes: classes.length,
    train: (size, seed) => drawn(seed).flatMap((images) => images.slice(0, size)),
    validation: (size, seed) => drawn(seed).flatMap((images) => images.slice(size, size + target.validation)),
    test: classes.flatMap((_, label) => splits.test.filter((example) => example.label === label).slice(0, target.test)),
  };
}
