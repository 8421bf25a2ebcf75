/**
 * Prints `N passed, N failed`, the last line of CI: vitest's tests, and one for each check around them (lint, types, build,
 * conformance). Arguments: vitest's JSON report, the number of checks that passed, the number that failed.
 *
 * A test file that did not load counts as one failure; tests that were skipped count as neither.
 */
import { readFileSync } from 'node:fs';

const [reportFile, ...checks] = process.argv.slice(2);
let [passed, failed] = checks.map(Number);
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  for (const { name, message } of broken) console.error(`did not load: ${name}: ${message}`);
  passed += report.numPassedTests;
  failed += report.numFailedTests + broken.length;
} catch (error) {
  console.error(`There is no report of the tests: ${error.message}`);
  failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
