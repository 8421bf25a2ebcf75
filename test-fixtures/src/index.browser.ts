/** The package's entry for browsers: the generated tasks, without what writes files or names folders. */
export { imageTaskExamples } from './task-examples.ts';
export { type ImageTask, PICTURE_SIZE, TASKS } from './tasks.ts';
