/**
 * Text from elsewhere (names, targets, logs of servers) made safe for a terminal: a control
 * character could move the cursor and forge what the reader sees, so each is shown as U+FFFD.
 * Direction overrides (Unicode TR 36, "bidirectional text spoofing") are shown the same way.
 */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- Control characters are what this is about.
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');
}
