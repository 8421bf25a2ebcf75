/**
 * `npm start`: installs, builds, and fine-tunes the embedded pre-trained network on the embedded target task, from scratch,
 * by a linear probe and fully; prints one table and writes report.html. Arguments go to `attune demo`.
 */
import { installAndBuild, requireNode, show } from './workspace.mjs';

requireNode();
console.error(
  [
    'Attune fine-tunes pre-trained neural networks in TypeScript. This installs and builds it, then tunes a small network,',
    'pre-trained on ten classes of shapes, to five others with 100 pictures: from scratch, by a linear probe, and fully.',
  ].join('\n'),
);
await installAndBuild();
process.exitCode = await show(['apps/attune/dist/main.js', 'demo', ...process.argv.slice(2)]);
