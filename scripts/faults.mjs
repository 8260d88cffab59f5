// `npm run test:faults [-- vitest arguments]`: the scenarios of test/faults with their full counts and
// durations, one file after the other. Build first (npm run build). It takes hours.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const given = process.argv.slice(2);
const files = given.some((argument) => !argument.startsWith('-')) ? [] : ['test/faults'];
const args = ['run', '--project', 'e2e', '--no-file-parallelism', ...files, ...given];
const child = spawn(process.execPath, [vitest, ...args], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, TM_FAULTS: 'full' },
});
child.once('exit', (code) => (process.exitCode = code ?? 1));
