import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { lastLines, runCommand } from '../run-command.ts';
import type { Log } from '../running-server.ts';
import { giveTo } from './layout.ts';
import type { Layout } from './layout.ts';
import type { Identity } from './identity.ts';
import type { Launch } from './reach.ts';
import type { Durability } from './settings.ts';

const INITDB_LIMIT_MS = 120_000;

export interface Initialisation {
  readonly layout: Layout;
  readonly launch: Launch;
  readonly identity: Identity;
  readonly durability: Durability;
  readonly log: Log;
}

/**
 * Creates the data directory unless there is one. It is made under another name and renamed
 * when whole, so that an interrupted run leaves nothing that looks like a database.
 *
 * @throws TrustMonitorError `postgres.start_failed` when initdb fails or when the directory
 *   belongs to another major version.
 */
export async function ensureDatabase(job: Initialisation): Promise<void> {
  const { layout, launch, identity, log } = job;
  const found = await dataVersion(layout.data);
  if (found === launch.binaries.major) return;
  if (found !== undefined) throw otherMajor(layout.data, found, launch.binaries.major);

  log(`creating a PostgreSQL ${launch.binaries.major} database in ${layout.folder}`);
  const draft = `${layout.data}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await giveTo(identity, draft);
  await initdb(job, draft);
  await rename(draft, layout.data);
}

async function dataVersion(data: string): Promise<string | undefined> {
  return readFile(`${data}/PG_VERSION`, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function initdb({ layout, launch, durability }: Initialisation, data: string): Promise<void> {
  const { command, args, identity } = launch.commandLine(launch.binaries.initdb, [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${layout.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorting that is the same on every machine, whatever locales it has.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(durability === 'none' ? ['--no-sync'] : []),
  ]);
  const made = await runCommand(command, args, {
    ...identity,
    cwd: '/',
    timeoutMs: INITDB_LIMIT_MS,
  });
  if (!made.ok) {
    const why = lastLines(made.stderr, 8);
    throw new TrustMonitorError('postgres.start_failed', `initdb failed:\n${why}`, {
      where: data,
    });
  }
}

function otherMajor(data: string, found: string, needed: string): TrustMonitorError {
  return new TrustMonitorError(
    'postgres.start_failed',
    `${data} was made by PostgreSQL ${found}, and this is PostgreSQL ${needed}`,
    {
      where: data,
      hint:
        `dump it with PostgreSQL ${found} (pg_dumpall), move the folder away and load the dump, ` +
        `or serve it with a PostgreSQL ${found} of yours and set DATABASE_URL`,
    },
  );
}
