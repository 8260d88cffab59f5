import { TrustMonitorError } from '@trustmonitor/protocol';
import { runCommand } from '../run-command.ts';

/** The oldest server we run on: Debian 12's, and the oldest the whole test suite has passed on. */
export const OLDEST_NATS_SERVER = '2.9.10';

/** What a `nats-server` binary says of itself (`nats-server: v2.9.10`), or `undefined`. */
export async function natsServerVersion(binary: string): Promise<string | undefined> {
  const answer = await runCommand(binary, ['--version'], { timeoutMs: 10_000 });
  return /^nats-server: v?(\d+\.\d+\.\d+\S*)/m.exec(answer.stdout)?.[1];
}

/** True if `version` is `OLDEST_NATS_SERVER` or newer. */
export function isNewEnough(version: string): boolean {
  const found = numbers(version);
  const needed = numbers(OLDEST_NATS_SERVER);
  const decisive = needed.findIndex((part, index) => part !== found[index]);
  return decisive === -1 || (found[decisive] ?? 0) > (needed[decisive] ?? 0);
}

/**
 * The version of a binary that runs and is new enough.
 *
 * @throws TrustMonitorError `nats.not_found` that says what is wrong with this one.
 */
export async function requireUsable(binary: string): Promise<string> {
  const version = await natsServerVersion(binary);
  if (version === undefined) {
    throw new TrustMonitorError('nats.not_found', `${binary} does not run as a nats-server`, {
      where: binary,
    });
  }
  if (!isNewEnough(version)) {
    const message = `${binary} is nats-server ${version}; ${OLDEST_NATS_SERVER} or newer is needed`;
    throw new TrustMonitorError('nats.not_found', message, { where: binary });
  }
  return version;
}

function numbers(version: string): number[] {
  return version.split(/[.-]/, 3).map(Number);
}
