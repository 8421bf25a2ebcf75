/** What `@attune/core` offers in Node only: everything that touches files. */

// Files
export { explainWriteError, JsonLines, writeFileAtomic } from './files.ts';
