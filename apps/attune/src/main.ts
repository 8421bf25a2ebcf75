#!/usr/bin/env node
/** The `attune` program. */
import { runProgram } from './program.ts';

// A reader that has seen enough (`attune models list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2));
