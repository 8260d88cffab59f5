/** The command's settings: the only file of this process that reads the environment. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandNameOf } from './command-name.ts';

export interface Settings {
  readonly version: string;
  /** How the reader calls this command, for hints that can be pasted. */
  readonly commandName: string;
  readonly dataDirectory: string;
  /** For what is downloaded once and serves every data folder. */
  readonly cacheDirectory: string;

  /** Where the API is and who asks; null where the local stack is to say. */
  readonly apiUrl: string | null;
  readonly apiToken: string | null;
  readonly tokenFile: string | null;

  /** `host:port` for the API of a stack started here; null for the usual one. */
  readonly httpAddress: string | null;
  /** Servers of the user's own, in place of those that `up` starts. */
  readonly databaseUrl: string | null;
  readonly natsUrl: string | null;
  readonly publicUrl: string | null;
  readonly network: string;
  /** CIDR blocks that local agents may probe besides public addresses. */
  readonly allowTargets: string;
  readonly logLevel: string;

  /** For child processes, and for `${NAME}` in monitor files. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
}

export const DEFAULT_DATA_DIRECTORY = '.trustmonitor';
const OWN_LOOPBACK = '127.0.0.0/8,::1/128';

export function readSettings(env: NodeJS.ProcessEnv, version: string, script: string): Settings {
  return {
    version,
    commandName: commandNameOf(script, process.cwd()),
    dataDirectory: resolve(given(env['TM_DATA_DIR']) ?? DEFAULT_DATA_DIRECTORY),
    cacheDirectory: cacheDirectoryOf(env),
    apiUrl: given(env['TM_URL']),
    apiToken: given(env['TM_TOKEN']),
    tokenFile: given(env['TM_TOKEN_FILE']),
    httpAddress: given(env['TM_HTTP_ADDR']),
    databaseUrl: given(env['DATABASE_URL']),
    natsUrl: given(env['TM_NATS_URL']),
    publicUrl: given(env['TM_PUBLIC_URL']),
    network: given(env['TM_NETWORK']) ?? 'local',
    allowTargets: given(env['TM_ALLOW_TARGETS']) ?? OWN_LOOPBACK,
    logLevel: given(env['TM_LOG_LEVEL']) ?? 'info',
    environment: env,
  };
}

/** XDG Base Directory Specification 0.8. */
function cacheDirectoryOf(env: NodeJS.ProcessEnv): string {
  const caches = given(env['XDG_CACHE_HOME']) ?? join(homedir(), '.cache');
  return given(env['TM_CACHE_DIR']) ?? join(caches, 'trustmonitor');
}

/** An empty variable is one that is not set. */
function given(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
