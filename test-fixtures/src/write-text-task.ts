/** The generated tasks of texts as CSV files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@attune/core';
import { textTaskExamples } from './text-task-examples.ts';
import type { TextTask } from './text-tasks.ts';

export interface WriteTextTaskOptions {
  /** Texts of each class, for each split. */
  readonly perClass: Readonly<Partial<Record<'train' | 'validation' | 'test', number>>>;
  readonly seed: number;
}

/** Writes `folder/train.csv` and so on, with a header and the classes mixed. The same options write the same bytes. */
export async function writeTextTask(
  folder: string,
  task: TextTask,
  { perClass, seed }: WriteTextTaskOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [split, count] of Object.entries(perClass)) {
    const examples = textTaskExamples(task, split, count, seed);
    const mixed = Random.fromSeed(seed).fork(`${task.name}/${split}/order`).shuffle(examples);
    const lines = mixed.map(({ text, pair, label }) =>
      [text, ...(pair === undefined ? [] : [pair]), task.classes[label]!].map(quoted).join(','),
    );
    const header = examples[0]?.pair === undefined ? 'text,label' : 'premise,hypothesis,label';
    await writeFile(join(folder, `${split}.csv`), `${[header, ...lines].join('\n')}\n`);
  }
}

const quoted = (cell: string) => (cell.includes(',') ? `"${cell}"` : cell);
