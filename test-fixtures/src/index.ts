/** Generated data sets and networks that are pre-trained on some of them: what tests and the demonstration run on. */
import { fileURLToPath } from 'node:url';

export { imageTaskExamples } from './task-examples.ts';
export { type ImageTask, PICTURE_SIZE, TASKS } from './tasks.ts';
export { textTaskExamples } from './text-task-examples.ts';
export { TEXT_TASKS, type TextTask, type TextTaskName } from './text-tasks.ts';
export { TINY_BERT_DIRECTORY } from './tiny-bert/config.ts';
export { type WriteTaskOptions, writeImageTask } from './write-task.ts';

/** A data directory as `$ATTUNE_DATA` is one: it holds the weights of `shapes_cnn`. */
export const FIXTURES_DIRECTORY: string = fileURLToPath(new URL('../data', import.meta.url));
export { type WriteTextTaskOptions, writeTextTask } from './write-text-task.ts';
