// The gates that every change passes, by the names of their scripts in package.json.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { lastLines, ROOT, runQuietly } from './steps.mjs';

/** Independent of each other, once everything is built. The one that takes longest comes first. */
export const GATES = ['lint', 'types', 'format:check', 'deps', 'unused'];

const AT_ONCE = 2;
const FAILED_OUTPUT_LINES = 200;

/**
 * Runs gates, two at a time, and prints a line for each with its seconds; what a failed gate has
 * printed itself is shown when all are done.
 * @param {readonly string[]} names
 * @param {(name: string) => Promise<{ ok: boolean, output: string, note?: string }>} run
 * @param {() => Promise<void>} [last] begun once when no gate is left to begin
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runGates(names, run, last = () => Promise.resolve()) {
  const tally = { passed: 0, failed: 0 };
  const outputs = [];
  const runOne = async (name) => {
    const started = performance.now();
    const { ok, output, note = '' } = await run(name);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds} s${note}\n`);
    if (!ok) outputs.push(`\nFAILED ${name}\n${lastLines(output, FAILED_OUTPUT_LINES)}\n`);
    tally[ok ? 'passed' : 'failed'] += 1;
  };
  const queue = [...names];
  let isLastBegun = false;
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await runOne(name);
    if (isLastBegun) return;
    isLastBegun = true;
    await last();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  process.stdout.write(outputs.join(''));
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
