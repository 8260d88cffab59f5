/** Where people write what the complete monitor holds elsewhere. */
const WRITTEN_AT: readonly (readonly [complete: string, written: string])[] = [
  ['/intervalMs', '/interval'],
  ['/check/timeoutMs', '/timeout'],
  ['/policy/confirmAfterMs', '/confirm/after'],
  ['/check/degradedAfterMs', '/degradedAfter'],
  ['/check/http/auth/token', '/http/auth/bearer'],
  ['/check/http/auth/password', '/http/auth/basic/password'],
  ['/check/', '/'],
];

/** Pointer into the complete monitor -> pointer into what was written. */
export function writtenAt(pointer: string): string {
  const found = WRITTEN_AT.find(([complete]) => pointer.startsWith(complete));
  return found === undefined ? pointer : found[1] + pointer.slice(found[0].length);
}
