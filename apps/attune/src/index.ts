/** The `attune` program as a function, and the report of runs as one page. */
export { runProgram } from './program.ts';
export { type ReportedRun, renderReport } from './report/report.ts';
