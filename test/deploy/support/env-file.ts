/** Files of `NAME=value` lines, as systemd and compose read them. */

/** The variables that a file sets. */
export function readSettings(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}
