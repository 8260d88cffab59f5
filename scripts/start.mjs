// `npm start`: everything that is missing, then `trustmonitor up` with the given arguments.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { ROOT, runMain } from './steps.mjs';

/**
 * Runs the command line and resolves to its exit code. It runs in a session of its own: on
 * Ctrl-C the terminal and npm both signal us, and it must be told once, by us.
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function up(args) {
  const child = spawn(process.execPath, [join(ROOT, 'packages/cli/dist/main.js'), 'up', ...args], {
    stdio: 'inherit',
    detached: true,
  });
  let told = false;
  const tell = (signal) => {
    if (!told) child.kill(signal);
    told = true;
  };
  process.on('SIGINT', () => tell('SIGINT'));
  process.on('SIGTERM', () => tell('SIGTERM'));
  process.on('SIGHUP', () => tell('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

await runMain(async () => {
  await bootstrap();
  return up(process.argv.slice(2));
});
