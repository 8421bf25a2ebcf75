/** The generated tasks as examples in memory; it runs in browsers. */
import { Random } from '@attune/core';
import type { Example } from '@attune/vision';
import type { ImageTask } from './tasks.ts';
import { PICTURE_SIZE } from './tasks.ts';

/** The pictures that `writeImageTask` writes, as examples, without files. */
export function imageTaskExamples(task: ImageTask, split: string, perClass: number, seed: number): Example[] {
  return task.classes.flatMap((className, label) =>
    Array.from({ length: perClass }, (_, i) => {
      const pixels = { width: PICTURE_SIZE, height: PICTURE_SIZE, data: picture(task, split, label, i, seed) };
      return { name: `${split}/${className}/${i}`, label, pixels: () => Promise.resolve(pixels) };
    }),
  );
}

/** Each picture has its own random numbers: a larger data set begins with the smaller one. */
export function picture(task: ImageTask, split: string, label: number, index: number, seed: number): Uint8Array {
  return task.render(label, Random.fromSeed(seed).fork(`${task.name}/${split}/${task.classes[label]}/${index}`));
}
