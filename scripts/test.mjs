/** `npm test`: installs, builds, and runs all unit tests. Arguments go to vitest. */
import { installAndBuild, requireNode, show } from './workspace.mjs';

requireNode();
console.error('Installs and builds all packages, then runs their tests (vitest).');
await installAndBuild();
// The command line is tested as it was built: apps/attune/test/cli.ts.
process.env.ATTUNE_TEST_BUILT = '1';
process.exitCode = await show(['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)]);
