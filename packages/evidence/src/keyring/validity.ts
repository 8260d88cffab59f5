import { parseTimestamp, type RingKey } from '@trustmonitor/protocol';

/** Whether `at` (RFC 3339) lies in the key's time; false for an impossible date. */
export function wasValid({ validFor }: RingKey, at: string): boolean {
  const time = parseTimestamp(at);
  if (!(time >= parseTimestamp(validFor.start))) return false;
  return validFor.end === null || time < parseTimestamp(validFor.end);
}
