/** Monitors fall into a fixed number of shards; a shard is the unit of ownership. */
import type { Monitor } from './monitor.ts';

export const SHARD_COUNT = 16;

/**
 * Whoever owns this shard has the duties that exist once, too. The votes on heartbeat monitors
 * are one of them, so these monitors are all in it.
 */
export const DUTY_SHARD = 0;

export function shardOfMonitor({ id, check }: Pick<Monitor, 'id' | 'check'>): number {
  return check.type === 'heartbeat' ? DUTY_SHARD : shardOf(id);
}

/** FNV-1a (32 bit) of the monitor's id: stable across versions and cheap. */
export function shardOf(monitor: string): number {
  return fnv1a(monitor) % SHARD_COUNT;
}

/** Also spreads the start offsets of monitors over their interval. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
