/** The package's entry for browsers: the generated tasks, without what writes files or names folders. */
export { imageTaskExamples } from './task-examples.ts';
export { type ImageTask, PICTURE_SIZE, TASKS } from './tasks.ts';
export { textTaskExamples } from './text-task-examples.ts';
export { TEXT_TASKS, type TextTask, type TextTaskName } from './text-tasks.ts';
