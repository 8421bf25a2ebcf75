/** What `@attune/report` offers in Node only: everything that touches files. */

// The page
export { writePage } from './page/write-page.ts';

// Plots
export { memoryDocument, writeSvg } from './plots/svg-files.ts';

// Records
export { type FoundRecords, readRecords } from './records/find-records.ts';
export { type ReadRun, readRun } from './records/run-files.ts';
export { openStudyLog, readStudy, type StudyLog } from './records/study-log.ts';

// Documents
export { updateSection } from './tables/update-section.ts';
