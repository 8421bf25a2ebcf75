/** The `attune` program as a function. */
export { runProgram } from './program.ts';
