/**
 * Ids of spans that several processes speak of. They follow from the round, as the trace's id does:
 * an agent knows its parent without being told, and nothing about traces is in any message.
 */
import { createHash } from 'node:crypto';
import type { Uuid7 } from '@trustmonitor/protocol';

export function roundSpanId(round: Uuid7): string {
  return spanIdOf('round', round);
}

/** Of what one region is asked in a round, also where it is asked twice. */
export function jobSpanId(round: Uuid7, region: string): string {
  return spanIdOf('job', round, region);
}

/** 16 hex digits, the same for the same parts. */
export function spanIdOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
