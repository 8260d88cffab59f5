/** Instants: milliseconds since the Unix epoch in code, RFC 3339 in messages. */
import type { Timestamp } from './schema.ts';

/** Formats milliseconds since the epoch as RFC 3339 UTC with three decimals. */
export function formatTimestamp(epochMs: number): Timestamp {
  return new Date(epochMs).toISOString();
}

/** Milliseconds since the epoch; `NaN` for an impossible date that the pattern let through. */
export function parseTimestamp(text: Timestamp): number {
  return Date.parse(text);
}
