/** The generated tasks of texts as examples in memory; it runs in browsers. */
import { Random } from '@attune/core';
import type { TextExample } from '@attune/nlp';
import type { TextTask } from './text-tasks.ts';

/** The texts that `writeTextTask` writes, without files. A larger set begins each class with the smaller one's. */
export function textTaskExamples(task: TextTask, split: string, perClass: number, seed: number): TextExample[] {
  return task.classes.flatMap((className, label) =>
    Array.from({ length: perClass }, (_, i) => {
      const name = `${split}/${className}/${i}`;
      return { name, ...task.compose(label, Random.fromSeed(seed).fork(`${task.name}/${name}`)), label };
    }),
  );
}
