/** Why a check that runs once cannot be relied on. */
import { TrustMonitorError, matchRegions, type Member } from '@trustmonitor/protocol';

/** Asking fewer regions than were named would be a weaker check than was asked for. */
export function requireRegions(
  wishes: readonly { readonly text: string; readonly patterns: readonly string[] }[],
  members: readonly Member[],
): void {
  const unmet = wishes.find(({ patterns }) => matchRegions(patterns, members).length === 0);
  if (unmet === undefined) return;
  throw new TrustMonitorError('monitor.unknown_region', `no region is called ${unmet.text}`, {
    where: '--from',
    hint: '`trustmonitor regions` lists those there are',
  });
}

export function brokenOff(): TrustMonitorError {
  return new TrustMonitorError('api.unreachable', 'the check was broken off before its verdict', {
    hint: 'the coordinator may have stopped: `trustmonitor status` says how it is',
  });
}
