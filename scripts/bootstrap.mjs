// From a bare clone to built packages: checks Node, installs, compiles. Built-ins only.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsole } from './build-console.mjs';
import { buildPage } from './build-page.mjs';
import { buildVerifier } from './build-verifier.mjs';
import { isInstalled } from './installed.mjs';
import { COMPILER, lastLines, ROOT, runQuietly, StepFailed, withSeconds } from './steps.mjs';

const OLDEST_NODE = [20, 19];

/**
 * Leaves the repository installed and built. Quick when it is both already.
 * @throws StepFailed with the end of the failing tool's output and what to do
 */
export async function bootstrap() {
  checkNode(process.versions.node);
  if (!(await isInstalled(ROOT))) await install();
  await build();
}

function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new StepFailed(
    `TrustMonitor needs Node ${OLDEST_NODE.join('.')} or newer, and this is Node ${version}.\n` +
      'Install a newer one from nodejs.org or with your version manager, then try again.',
  );
}

async function install() {
  if (!existsSync(join(ROOT, 'package-lock.json'))) {
    throw new StepFailed('package-lock.json is missing: this is not a whole checkout.');
  }
  const result = await withSeconds('installing dependencies (npm ci)', () => npm(['ci']));
  if (result.ok) return;
  throw new StepFailed(
    `${npmErrors(result.output)}\n\n` +
      'npm ci failed; the reason is above. If it is the network, check `npm ping` and your proxy ' +
      'settings; if it is a permission, check who owns node_modules. Then run the same command again.',
  );
}

/** npm says the reason first and then explains its own options at length. */
function npmErrors(output) {
  const errors = output.split('\n').filter((line) => line.startsWith('npm error'));
  return errors.length === 0 ? lastLines(output) : errors.slice(0, 15).join('\n');
}

/** Under `npm start` and `npm test`, the npm that runs us; else the one on PATH. */
function npm(args) {
  const running = process.env.npm_execpath;
  return running?.endsWith('.js') === true
    ? runQuietly(process.execPath, [running, ...args])
    : runQuietly('npm', args);
}

async function build() {
  const compile = () => runQuietly(process.execPath, [COMPILER, '-b']);
  const result = await withSeconds('building (tsc -b)', compile);
  if (result.ok) {
    await buildPage();
    await buildVerifier();
    await buildConsole();
    return;
  }
  throw new StepFailed(
    `${lastLines(result.output)}\n\n` +
      'The build failed; the reason is above. If you have changed no source, remove ' +
      'node_modules and packages/*/dist and run the same command again.',
  );
}
