// Runs the tools behind a step quietly and shows the step as one line with its seconds.
// Built-ins only: this runs before anything is installed.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The native compiler. The other `typescript` is what tools load that ask about types: it has the API. */
export const COMPILER = join(ROOT, 'node_modules/typescript-native/bin/tsc');

const TICK_MS = 1_000;

/** A step that failed; what is to be said about it has been said. */
export class StepFailed extends Error {}

/**
 * Runs a command in the repository's root with its output kept back.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function runQuietly(command, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => resolve({ ok: false, output: `${output}${error.message}\n` }));
    child.once('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * Shows `title ... 38 s` around `work`. The seconds count up on a terminal; elsewhere they
 * come with the end, so that logs stay one line a step.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSeconds(title, work) {
  const started = performance.now();
  const elapsed = () => `${Math.round((performance.now() - started) / 1000)} s`;
  const onTerminal = process.stdout.isTTY === true;
  process.stdout.write(`${title} ...`);
  const ticker = onTerminal
    ? setInterval(() => process.stdout.write(`\r${title} ... ${elapsed()}`), TICK_MS)
    : undefined;
  try {
    return await work();
  } finally {
    clearInterval(ticker);
    process.stdout.write(onTerminal ? `\r${title} ... ${elapsed()}\n` : ` ${elapsed()}\n`);
  }
}

/** The last lines of a tool's output, where the reason of a failure usually is. */
export function lastLines(output, count = 25) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}

/** Runs `main` and turns a failed step into exit code 1 without a stack trace. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}
