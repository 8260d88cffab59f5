/** The network of one machine that `npm start` runs, in a folder and on a port of its own. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '@trustmonitor/testkit/targets';
import { TestProcess } from './process.ts';
import { until } from './until.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const CLI = join(ROOT, 'packages/cli/bin/trustmonitor.js');
const FIRST_VERDICT_MS = 90_000;

export interface Stack {
  readonly process: TestProcess;
  /** A path in the folder of the test; the stack's own data is under `stack`. */
  at(...names: readonly string[]): string;
  /** Ends it, and deletes the folder. */
  end(): Promise<void>;
}

/** Resolves with the first verdict. */
export async function startStack(name: string): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), `tm-${name}-`));
  // PostgreSQL runs as another user when this is root, and has to reach its data.
  await chmod(folder, 0o755);
  const env = {
    TM_DATA_DIR: join(folder, 'stack'),
    TM_CACHE_DIR: join(ROOT, '.cache'),
    TM_HTTP_ADDR: `127.0.0.1:${await freePort()}`,
  };
  const stack = new TestProcess('up', CLI, env, ['up']);
  const end = async (): Promise<void> => {
    await stack.end('SIGINT');
    await rm(folder, { recursive: true, force: true });
  };
  const verdict = (): true | null => (stack.log.includes('first verdict demo') ? true : null);
  await until('the first verdict', verdict, FIRST_VERDICT_MS).catch(async (error: unknown) => {
    process.stderr.write(stack.log);
    await end();
    throw error;
  });
  return { process: stack, at: (...names) => join(folder, ...names), end };
}
