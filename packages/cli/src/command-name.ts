/** How the reader calls this command, so that what is suggested can be pasted. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** `script` is what Node was started with: a link on PATH, or a file in a checkout. */
export function commandNameOf(script: string, cwd: string): string {
  const name = basename(script);
  const isLink = name === 'trustmonitor' || name === 'tm';
  if (isLink && !script.includes('/node_modules/')) return name;
  if (hasNpxCommand(cwd)) return 'npx trustmonitor';
  const path = relative(cwd, script);
  return `node ${path.startsWith('..') ? script : path}`;
}

/** As npx looks for it: upwards from here. Where it finds nothing it asks the public registry. */
function hasNpxCommand(folder: string): boolean {
  if (existsSync(join(folder, 'node_modules', '.bin', 'trustmonitor'))) return true;
  const parent = dirname(folder);
  return parent !== folder && hasNpxCommand(parent);
}
