// The network that is broken: its API and, where it is the local stack, its processes.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ANSWER_LIMIT_MS = 10_000;

/** It cannot begin: nothing was broken. */
export class CannotBegin extends Error {}

/** @param {ReturnType<import('./options.mjs').readOptions>} options */
export function openNetwork(options) {
  const folder = resolve(options.data);
  const stack = options.url === undefined ? readStack(folder) : null;
  const token = readToken(options['token-file'] ?? join(folder, 'admin.token'));
  const call = caller(options.url ?? stack.apiUrl, token);
  return {
    call,
    get: (path) => call('GET', path),
    monitor: options.monitor ?? 'demo-shop',
    /** Whether its processes and its demo target are broken, and not by a command of the caller's. */
    isLocal: stack !== null && options.break === undefined,
    /** How to stop processes of the local stack, by name, as if they were gone; and how to go on. */
    pausing: (names) => byCommand(options) ?? pausingOf(folder, names),
    /** How to set the demo target's state; null where there is none. */
    demo: (state) => byCommand(options) ?? demoOf(folder, stack, state),
  };
}

function readStack(folder) {
  const file = join(folder, 'stack.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new CannotBegin(
      `no stack runs in ${folder}: there is no ${file}. Start one with \`npm start\`, name its ` +
        'folder with --data, or name another network with --url',
    );
  }
}

function readToken(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new CannotBegin(`the token file ${file} cannot be read: name one with --token-file`);
  }
}

/** @returns the parsed answer; throws for every other status than those of success */
function caller(url, token) {
  return async (method, path, body) => {
    const isJson = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...isJson },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
}

/** Null where none were given. */
function byCommand({ break: breaking, mend }) {
  if (breaking === undefined) return null;
  const run = (command) => {
    const { status } = spawnSync(command, { shell: true, stdio: 'inherit' });
    if (status !== 0) throw new Error(`\`${command}\` ended with ${status}`);
  };
  return { what: breaking, break: () => run(breaking), mend: () => run(mend) };
}

/**
 * SIGSTOP, not SIGKILL: the stack would start a killed process again. Who is paused answers nobody, as if
 * the machine were gone. Only pids that the running stack has written down are ever signalled.
 */
function pausingOf(folder, names) {
  const { pids } = readStack(folder);
  const missing = names.filter((name) => !(Number.isInteger(pids[name]) && pids[name] > 1));
  if (missing.length > 0) {
    throw new CannotBegin(`the stack in ${folder} has no process named ${missing.join(', ')}`);
  }
  const signal = (name) => names.forEach((process_) => process.kill(pids[process_], name));
  return {
    what: `pause ${names.map((name) => `${name} (process ${pids[name]})`).join(', ')}`,
    break: () => signal('SIGSTOP'),
    mend: () => signal('SIGCONT'),
  };
}

function demoOf(folder, { demo }, state) {
  if (demo === null) {
    throw new CannotBegin('the stack has no demo target: name a --monitor, --break and --mend');
  }
  const secret = readToken(join(folder, 'demo/control.secret'));
  const set = (next) => caller(demo.controlUrl, secret)('PUT', '/state', next);
  const whom = state.regions.length === 0 ? 'everybody' : state.regions.join(', ');
  return {
    what: `the demo target is ${state.mode} for ${whom}`,
    target: demo.url,
    break: () => set(state),
    mend: () => set({ mode: 'ok', regions: [] }),
  };
}
