/** The report as a file. */
import { writeFileAtomic } from '@attune/core/node';
import { environment } from '../environment.ts';
import { renderReport } from './report.ts';
import type { ReportedRun } from './reported-run.ts';

/** Its name in a run's folder. */
export const REPORT_FILE = 'report.html';

/** @throws UserError when the file cannot be written. */
export async function writeReport(file: string, runs: readonly ReportedRun[]): Promise<void> {
  await writeFileAtomic(file, renderReport(runs, environment()));
}
