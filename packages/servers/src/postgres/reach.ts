import { cp, mkdtemp, readFile, rename, rm, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { ensureWritableFolder } from '../folders.ts';
import { onPath } from '../on-path.ts';
import { runCommand } from '../run-command.ts';
import type { Log } from '../running-server.ts';
import { binariesIn, whyNotRunnable } from './binaries.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { Identity } from './identity.ts';

/*
 * Root with a checkout in /root (mode 0700) is the common case in containers: the user
 * `postgres` can then reach neither the binaries nor the data. Opening the home folder to
 * everybody is not ours to do. So the binaries (60 MB) are copied to a place of root's that
 * everybody can read, and the server is given one capability, to pass through folders.
 * The data stays where its owner looks for it.
 */
const SHARED_PLACE = '/var/cache/trustmonitor';

/** In order of preference: the first only reads and passes; containers often have the second only. */
const CAPABILITIES = [
  { name: 'dac_read_search', bit: 2n },
  { name: 'dac_override', bit: 1n },
];

/** How to run PostgreSQL's programs so that they reach what they need. */
export interface Launch {
  readonly binaries: PostgresBinaries;
  /** The command line that runs `program`, and whom to spawn it as. */
  readonly commandLine: (
    program: string,
    args: readonly string[],
  ) => { readonly command: string; readonly args: readonly string[]; readonly identity: Identity };
}

/**
 * Works out how `identity` can run `binaries` on data in `folder`.
 *
 * @throws TrustMonitorError `postgres.start_failed` with what to do when there is no way.
 */
export async function launchFor(
  binaries: PostgresBinaries,
  identity: Identity,
  folder: string,
  log: Log,
): Promise<Launch> {
  const usable = await reachableBinaries(binaries, identity, log);
  if (await canEnter(folder, identity)) {
    return { binaries: usable, commandLine: (command, args) => ({ command, args, identity }) };
  }
  const setpriv = await onPath('setpriv', process.env);
  const capability = await heldCapability();
  if (setpriv === undefined || capability === undefined) throw unreachable(folder);

  log(`running PostgreSQL with the capability ${capability}, to reach ${folder}`);
  const privileges = [
    `--reuid=${identity.uid}`,
    `--regid=${identity.gid}`,
    '--clear-groups',
    `--inh-caps=-all,+${capability}`,
    `--ambient-caps=-all,+${capability}`,
    `--bounding-set=-all,+${capability}`,
    '--no-new-privs',
    '--',
  ];
  return {
    binaries: usable,
    commandLine: (program, args) => ({
      command: setpriv,
      args: [...privileges, program, ...args],
      identity: {},
    }),
  };
}

async function reachableBinaries(
  binaries: PostgresBinaries,
  identity: Identity,
  log: Log,
): Promise<PostgresBinaries> {
  const problem = await whyNotRunnable(binaries, identity);
  if (problem === undefined) return binaries;
  if (identity.uid === undefined) throw notRunnable(binaries, problem);

  const shared = binariesIn(join(SHARED_PLACE, `postgresql-${binaries.build}`), binaries.build);
  if ((await whyNotRunnable(shared, identity)) === undefined) return shared;
  log(`copying PostgreSQL to ${shared.root}, where its user can reach it (60 MB)`);
  await copyWhole(binaries.root, shared.root);
  const remaining = await whyNotRunnable(shared, identity);
  if (remaining !== undefined) throw notRunnable(shared, remaining);
  return shared;
}

/** Copies to a folder beside `target` and renames, so that nobody ever sees half a copy. */
async function copyWhole(source: string, target: string): Promise<void> {
  await ensureWritableFolder(SHARED_PLACE, 0o755);
  const draft = await mkdtemp(`${target}.`);
  try {
    await cp(source, draft, { recursive: true, verbatimSymlinks: true });
    await chmod(draft, 0o755);
    await rename(draft, target).catch((error: unknown) => {
      // Somebody else was faster, with the same files.
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Asked of the kernel, as that user, since modes alone do not say (ACLs, mount options). */
async function canEnter(folder: string, identity: Identity): Promise<boolean> {
  const attempt = await runCommand('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
    ...identity,
    cwd: '/',
  });
  return attempt.ok;
}

async function heldCapability(): Promise<string | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return CAPABILITIES.find(({ bit }) => ((effective >> bit) & 1n) === 1n)?.name;
}

function unreachable(folder: string): TrustMonitorError {
  return new TrustMonitorError(
    'postgres.start_failed',
    `PostgreSQL runs as the user postgres, who cannot enter ${folder}`,
    {
      where: folder,
      hint:
        'choose a data folder below one that every user may enter (such as /srv or /var/lib), ' +
        'run this as an ordinary user instead of root, or set DATABASE_URL to a server of yours',
    },
  );
}

function notRunnable(binaries: PostgresBinaries, problem: string): TrustMonitorError {
  return new TrustMonitorError(
    'postgres.start_failed',
    `the embedded PostgreSQL does not run here: ${problem}`,
    {
      where: binaries.postgres,
      hint:
        'its binaries need glibc (Alpine has none) and a file system that allows execution; ' +
        'otherwise set DATABASE_URL to a PostgreSQL 15 or newer of yours',
    },
  );
}
