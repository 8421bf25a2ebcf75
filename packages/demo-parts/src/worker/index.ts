/** What the workers of the demos are built of. */
export { breathe } from './breathe.ts';
export { startEngine } from './engine.ts';
export { fitted, principalComponents } from './pca.ts';
