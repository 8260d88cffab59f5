/**
 * Counts a vitest run from its JSON report, with every kind of failure counted at least once:
 * a file that does not load or whose hooks fail has no failed test in it, and an error outside
 * of all tests has no file. A run that is not a success never counts as one, nor does an
 * empty one.
 * @param {{ success: boolean, numPassedTests: number, numFailedTests: number,
 *   numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] } | undefined} report
 *   `undefined` when vitest has left none
 * @param {boolean} exitedWell
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countTests(report, exitedWell) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  );
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + brokenFiles.length;
  const untold = failed === 0 && (!report.success || !exitedWell || passed === 0);
  return {
    passed,
    failed: untold ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
