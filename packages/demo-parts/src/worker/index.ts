/** What the workers of the demos are built of. */
export { breathe } from './breathe.ts';
export { startEngine } from './engine.ts';
export { frozen } from './frozen.ts';
export { fitted, principalComponents } from './pca.ts';
export { type RunControls, StoppableRun } from './stoppable-run.ts';
export { zip } from './zip.ts';
