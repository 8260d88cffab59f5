/** `promtool check metrics`, where Debian's package prometheus (or any other) has brought it. */
import { spawnSync } from 'node:child_process';

/** What promtool has to say of an exposition: nothing, at best. Null where there is no promtool. */
export function promtoolCheck(exposition: string): string | null {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    process.stderr.write('skipped: promtool is not installed (Debian package prometheus)\n');
    return null;
  }
  if (error !== undefined) throw error;
  return status === 0 ? '' : `${stdout}${stderr}`;
}
