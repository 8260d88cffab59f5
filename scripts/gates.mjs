// The gates that every change passes, by the names of their scripts in package.json.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { lastLines, ROOT, runQuietly } from './steps.mjs';

/** Alone and first: the others read what it compiles. */
export const FIRST_GATE = 'types';

/** Independent of each other. */
export const GATES = ['lint', 'format:check', 'deps', 'unused'];

const AT_ONCE = 2;
const FAILED_OUTPUT_LINES = 200;

/**
 * Runs gates, the first alone and the others two at a time, and prints a line for each with
 * its seconds; what a gate has printed itself is shown when it fails.
 * @param {readonly string[]} names
 * @param {(name: string) => Promise<{ ok: boolean, output: string, note?: string }>} run
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runGates(names, run) {
  const tally = { passed: 0, failed: 0 };
  const runOne = async (name) => {
    const started = performance.now();
    const { ok, output, note = '' } = await run(name);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds} s${note}\n`);
    if (!ok) process.stdout.write(`${lastLines(output, FAILED_OUTPUT_LINES)}\n`);
    tally[ok ? 'passed' : 'failed'] += 1;
  };
  await runOne(FIRST_GATE);
  const queue = [...names];
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await runOne(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return tally;
}

/** Runs a gate's script as it is. */
export function runScript(name) {
  return runQuietly('npm', ['run', '--silent', name], { ...process.env, FORCE_COLOR: '0' });
}

/**
 * Runs a gate's script through turbo, which repeats an earlier success when no input of the
 * gate (turbo.json) has changed. Local cache only; nothing is reported to anybody.
 */
export async function runCached(name) {
  const turbo = join(ROOT, 'node_modules/turbo/bin/turbo');
  const result = await runQuietly(process.execPath, [turbo, 'run', name, '--only', '--ui=stream'], {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    FORCE_COLOR: '0',
    // Part of every task's hash: what passed on one Node has not passed on another.
    TM_RUNTIME: `${process.version} ${process.platform} ${process.arch}`,
  });
  return { ...result, note: / 1 cached/.test(result.output) ? ' (nothing changed)' : '' };
}
