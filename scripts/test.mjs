// `npm test`: everything that is missing, then every gate and every test, then the counts.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { GATES, runGates, runScript } from './gates.mjs';
import { ROOT, runMain } from './steps.mjs';
import { countTests } from './test-counts.mjs';

/**
 * Runs vitest with its usual output and counts what happened.
 * @param {readonly string[]} args further arguments for vitest
 */
async function runVitest(args) {
  const folder = await mkdtemp(join(tmpdir(), 'trustmonitor-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
    const exitedWell = await vitest(['run', ...reporters, ...args]);
    const report = await readFile(reportFile, 'utf8').then(JSON.parse, () => undefined);
    return countTests(report, exitedWell);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function vitest(args) {
  const command = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [command, ...args], { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

await runMain(async () => {
  await bootstrap();
  let tests = { passed: 0, failed: 0, skipped: 0 };
  // Beside the linter, which takes longer than the other gates together.
  const gates = await runGates(GATES, runScript, async () => {
    tests = await runVitest(process.argv.slice(2));
  });
  const failed = gates.failed + tests.failed;
  const skipped = tests.skipped === 0 ? '' : `, ${tests.skipped} skipped`;
  process.stdout.write(`\n${gates.passed + tests.passed} passed, ${failed} failed${skipped}\n`);
  return failed === 0 ? 0 : 1;
});
