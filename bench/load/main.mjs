// `npm run bench:load`: the whole system on one machine, with as many monitors as it holds: real
// processes, broker and database, five regions; what it costs, how late rounds open, and whether every
// invariant holds afterwards. Build first (npm run build).
//
//     npm run bench:load [-- --monitors 10000 --interval 60 --minutes 10 --answered]
//
// With `--answered` all targets but those that fail are probed once only; see answering-agent.mjs.
//
// Vitest only runs it: it starts and ends the processes as the tests do. docs/benchmarks/load.md has
// the figures.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    monitors: { type: 'string', default: '10000' },
    interval: { type: 'string', default: '60' },
    minutes: { type: 'string', default: '10' },
    answered: { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '../..');
const args = ['run', '--config', 'bench/load/vitest.config.ts'];
const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    TM_LOAD_MONITORS: options.monitors,
    TM_LOAD_INTERVAL_S: options.interval,
    TM_LOAD_MINUTES: options.minutes,
    TM_LOAD_ANSWERED: options.answered ? '1' : '',
  },
});
child.once('exit', (code) => (process.exitCode = code ?? 1));
