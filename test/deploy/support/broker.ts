/** nats-servers with the files of deploy/, on free ports of this machine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY } from './compose.ts';

export interface DeployedServer {
  /** Its log, in full. */
  readonly log: () => string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly binary: string;
  /** Path below deploy/. */
  readonly file: string;
  /** Folder that the file knows as /etc/nats. */
  readonly folder: string;
  /** What the file says, and what it is to say here: addresses, above all. */
  readonly moves: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string>>;
}

/** `state` is the folder that prepare.sh has made for the servers. */
export function startDeployedServer(options: ServerOptions, state: string): DeployedServer {
  const { binary, file, folder, moves, environment } = options;
  mkdirSync(folder, { recursive: true });
  symlinkSync(state, join(folder, 'state'));
  let text = readFileSync(join(DEPLOY, file), 'utf8').replaceAll('/etc/nats', folder);
  for (const [from, to] of moves) {
    if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(join(folder, 'nats.conf'), text);
  const child: ChildProcess = spawn(binary, ['-c', join(folder, 'nats.conf')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
  }
  return {
    log: () => log,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
