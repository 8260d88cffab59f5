import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath } from '../on-path.ts';
import { lastLines, runCommand } from '../run-command.ts';
import type { CommandResult } from '../run-command.ts';
import { cached } from './cache.ts';
import type { NatsSource, SearchContext } from './source.ts';

/**
 * Debian and Ubuntu: the distribution's package, unpacked beside our data. Nothing is
 * installed, no service starts and no root is needed; apt checks the package against the
 * signatures the machine trusts.
 */
export const fromDebian: NatsSource = {
  name: 'the Debian or Ubuntu package',
  async get(context) {
    const apt = await onPath('apt-get', context.env);
    const dpkg = await onPath('dpkg', context.env);
    if (apt === undefined || dpkg === undefined) {
      return { found: false, reason: 'no apt-get and dpkg here' };
    }
    return cached(context.cacheDir, 'debian', (folder) => fetch({ apt, dpkg, folder, context }));
  },
};

interface Job {
  readonly apt: string;
  readonly dpkg: string;
  readonly folder: string;
  readonly context: SearchContext;
}

async function fetch(job: Job): Promise<string | { reason: string }> {
  let failure = await download(job, []);
  if (failure !== undefined) {
    // Container images come without package lists, and old lists name packages that are gone.
    job.context.log('fetching current package lists into a private folder (apt-get update)');
    const ownState = await privateState(job.folder);
    // Its outcome is not asked: one broken third-party list must not be the end of it.
    await aptGet(job, [...ownState, 'update']);
    failure = await download(job, ownState);
  }
  if (failure !== undefined) return { reason: failure };

  const archive = (await readdir(job.folder)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) return { reason: 'apt-get download brought no package' };
  const unpacked = join(job.folder, 'unpacked');
  const unpack = await runCommand(job.dpkg, ['-x', join(job.folder, archive), unpacked], {
    env: job.context.env,
  });
  return unpack.ok
    ? join(unpacked, 'usr/sbin/nats-server')
    : { reason: `dpkg -x failed: ${lastLines(unpack.stderr)}` };
}

/** Returns why it failed, or `undefined`. */
async function download(job: Job, state: readonly string[]): Promise<string | undefined> {
  const offer = await aptGet(job, [...state, 'download', '--print-uris', 'nats-server']);
  // One line: 'uri' file-name bytes hash.
  const bytes = /^'[^']+' \S+ (\d+)/m.exec(offer.stdout)?.[1];
  if (!offer.ok || bytes === undefined) {
    return `apt-get knows no package nats-server: ${lastLines(offer.stderr, 1)}`;
  }
  const megabytes = (Number(bytes) / 1e6).toFixed(1);
  job.context.log(
    `fetching the nats-server package from your distribution's mirror (${megabytes} MB), ` +
      `unpacking it into ${job.context.cacheDir}`,
  );
  const result = await aptGet(job, [...state, 'download', 'nats-server']);
  return result.ok ? undefined : `apt-get download failed: ${lastLines(result.stderr)}`;
}

function aptGet(job: Job, args: readonly string[]): Promise<CommandResult> {
  return runCommand(job.apt, args, {
    cwd: job.folder,
    env: { ...job.context.env, LC_ALL: 'C' },
    timeoutMs: 180_000,
  });
}

/** apt options that keep its lists and caches in `folder`, off the system's own. */
async function privateState(folder: string): Promise<string[]> {
  const state = join(folder, 'apt');
  await mkdir(join(state, 'lists/partial'), { recursive: true });
  await mkdir(join(state, 'cache/archives/partial'), { recursive: true });
  const settings = [
    `Dir::State=${state}`,
    `Dir::State::lists=${state}/lists`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${state}/cache`,
    // The hooks that packages register for an update are about the system's own lists.
    'APT::Update::Post-Invoke=',
    'APT::Update::Post-Invoke-Success=',
    // Run by root, apt would drop to a user who cannot enter this folder.
    'APT::Sandbox::User=root',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}
