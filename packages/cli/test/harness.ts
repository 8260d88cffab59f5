/** Runs the command inside the test, with its streams captured. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runCli } from '../src/cli.ts';
import type { Context } from '../src/context.ts';
import { terminalOn, type Sink } from '../src/output/terminal.ts';
import { readSettings } from '../src/settings.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
}

export class CapturedStream implements Sink {
  readonly isTTY: boolean;
  #chunks: Uint8Array[] = [];

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(chunk: string | Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk));
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

export async function tm(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = new CapturedStream(options.stdoutIsTerminal);
  const stderr = new CapturedStream(options.stderrIsTerminal);
  const env: NodeJS.ProcessEnv = { TM_DATA_DIR: '/nonexistent/data', ...options.env };
  const context: Context = {
    terminal: terminalOn(stdout, stderr, env),
    settings: readSettings(env, '0.0.0-test', '/usr/local/bin/trustmonitor'),
    exitCode: 0,
  };
  const code = await runCli(args, context);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** An empty folder that is gone after the test. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tm-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
