import { TrustMonitorError } from '@trustmonitor/protocol';
import { fromDebian } from './from-debian.ts';
import { fromHomebrew } from './from-homebrew.ts';
import { fromPath, fromSetting } from './from-machine.ts';
import { fromRelease } from './from-release.ts';
import type { NatsSource, SearchContext } from './source.ts';
import { OLDEST_NATS_SERVER } from './version.ts';

/** A usable nats-server binary and where it came from. */
export interface NatsBinary {
  readonly path: string;
  readonly version: string;
  /** For the reader: `nats-server on PATH`, `the Debian or Ubuntu package`, ... */
  readonly source: string;
}

/** In this order; the first that gives a binary wins. */
const SOURCES = [fromSetting, fromPath, fromDebian, fromHomebrew, fromRelease];

/**
 * Finds a nats-server, or gets one, without installing anything system-wide: the user's own
 * first, then the distribution's package, Homebrew, and the pinned official release. What was
 * fetched stays in `cacheDir` and is used again. Any number of processes may call at once.
 *
 * @throws TrustMonitorError `nats.not_found`, naming each way and why it led nowhere;
 *   `data.unwritable` when `cacheDir` cannot be written.
 */
export function findNatsServer(context: SearchContext): Promise<NatsBinary> {
  return firstOf(SOURCES, context);
}

/** The same, with the ways to try given. */
export async function firstOf(
  sources: readonly NatsSource[],
  context: SearchContext,
): Promise<NatsBinary> {
  const reasons: string[] = [];
  for (const source of sources) {
    const result = await source.get(context);
    if (result.found) {
      return { path: result.path, version: result.version, source: source.name };
    }
    reasons.push(`  ${source.name}: ${result.reason}`);
  }
  throw new TrustMonitorError(
    'nats.not_found',
    `no nats-server ${OLDEST_NATS_SERVER} or newer could be had\n${reasons.join('\n')}`,
    {
      hint:
        'any one of these will do: set TM_NATS_URL to a server of yours; set TM_NATS_SERVER to a ' +
        'nats-server binary; put nats-server on PATH (apt-get install nats-server, ' +
        'brew install nats-server, or github.com/nats-io/nats-server/releases)',
    },
  );
}
