import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines, runCommand } from '../run-command.ts';
import type { Log } from '../running-server.ts';
import { cached } from './cache.ts';
import { releaseFor } from './releases.ts';
import type { ReleasePin } from './releases.ts';
import type { NatsSource } from './source.ts';

const DOWNLOAD_TIMEOUT_MS = 120_000;

/** The project's release archive, pinned by version and SHA-256. */
export const fromRelease: NatsSource = {
  name: 'the official release',
  async get({ cacheDir, log }) {
    const pin = releaseFor(process.platform, process.arch);
    if (pin === undefined) {
      const reason = `no pinned archive for ${process.platform}-${process.arch}`;
      return { found: false, reason };
    }
    return cached(cacheDir, 'release', (folder) => fetchRelease(pin, folder, log));
  },
};

/** Downloads and unpacks `pin` into `folder`. Nothing is unpacked before its hash is right. */
export async function fetchRelease(
  pin: ReleasePin,
  folder: string,
  log: Log,
): Promise<string | { reason: string }> {
  log(`downloading ${pin.url}`);
  const archive = await download(pin.url);
  if (!Buffer.isBuffer(archive)) return archive;

  const sha256 = createHash('sha256').update(archive).digest('hex');
  if (sha256 !== pin.sha256) {
    return { reason: `${pin.url} has SHA-256 ${sha256}, not ${pin.sha256}; not used` };
  }
  const file = join(folder, 'release.tar.gz');
  await writeFile(file, archive);
  const unpack = await runCommand('tar', ['-xzf', file, '-C', folder, pin.member]);
  return unpack.ok
    ? join(folder, pin.member)
    : { reason: `tar failed: ${lastLines(unpack.stderr)}` };
}

async function download(url: string): Promise<Buffer | { reason: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!response.ok) return { reason: `${url} answered ${response.status}` };
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    const detail = cause instanceof Error ? `${message}: ${cause.message}` : message;
    return { reason: `${url} could not be downloaded (${detail})` };
  }
}
