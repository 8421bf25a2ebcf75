/** What `@attune/core` offers in Node only: everything that touches files. */

// Files
export { explainWriteError, JsonLines, writeFileAtomic } from './files.ts';
export { type KeptFeaturesOptions, keptFeatures } from './kept-features.ts';
export { sha256OfFile } from './sha256-file.ts';

// The folder of a run
export { loadCheckpoint, removeCheckpoint, saveCheckpoint } from './train/checkpoint-folder.ts';
export { RunFolder } from './train/run-folder.ts';
export {
  begunRun,
  RECORD_FILE,
  RECORD_FORMAT,
  readAnyRecord,
  readRecordOf,
  requireFinished,
  requireSameRecord,
  runningOn,
  type TrainingRecord,
  type TrainingResult,
  writeRecord,
} from './train/run-record.ts';
export { describeSeconds, type TerminalStream, terminalProgress } from './train/terminal-progress.ts';
