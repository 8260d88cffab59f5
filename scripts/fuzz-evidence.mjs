// `npm run fuzz:evidence [-- cases]`: the verifier against hostile input, at length. `npm test` runs
// the same properties with a few thousand cases; 100,000 are the default here.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

const cases = Number(process.argv[2] ?? 100_000);
if (!Number.isSafeInteger(cases) || cases < 10) throw new Error('how many cases? 10 or more');

const FILES = ['fuzz.test.ts', 'bundle-tamper.test.ts'].map((name) =>
  join('packages/evidence/test', name),
);
const child = spawn(
  process.execPath,
  [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', ...FILES],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      // Three properties share the cases: any bytes, any JSON, any part replaced.
      TM_FUZZ_CASES: String(Math.ceil(cases / 3)),
      TM_TAMPER_CASES: String(Math.ceil(cases / 10)),
    },
  },
);
child.once('exit', (code) => (process.exitCode = code ?? 1));
