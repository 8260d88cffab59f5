/** One stack per data folder. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { StackPaths } from './paths.ts';
import { identityOf, isAlive, parseIdentity } from './process-identity.ts';

/**
 * Takes the folder for this process; the returned function gives it back. A lock whose holder is
 * gone is taken over. Throws `stack.running` with the holder's pid.
 */
export async function lockFolder(paths: StackPaths): Promise<() => Promise<void>> {
  const mine = JSON.stringify(await identityOf(process.pid));
  for (;;) {
    try {
      await writeFile(paths.lockFile, mine, { flag: 'wx', mode: 0o600 });
      return () => rm(paths.lockFile, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = parseIdentity(await readFile(paths.lockFile, 'utf8').catch(() => ''));
    if (holder !== null && (await isAlive(holder))) {
      throw new TrustMonitorError(
        'stack.running',
        `a stack already runs in ${paths.root} (process ${holder.pid})`,
        {
          where: paths.lockFile,
          hint:
            `use it as it is (\`trustmonitor status\`), stop it with \`kill ${holder.pid}\`, ` +
            'or start another one elsewhere with --data',
        },
      );
    }
    await rm(paths.lockFile, { force: true });
  }
}
