import { join } from 'node:path';
import { onPath } from '../on-path.ts';
import { lastLines, runCommand } from '../run-command.ts';
import { requireUsable } from './version.ts';
import type { NatsSource } from './source.ts';

/** Homebrew, where there is one: its own way of installing for this user. */
export const fromHomebrew: NatsSource = {
  name: 'Homebrew',
  async get({ env, log }) {
    const brew = await onPath('brew', env);
    if (brew === undefined) return { found: false, reason: 'no brew here' };
    const quiet = { ...env, HOMEBREW_NO_AUTO_UPDATE: '1', HOMEBREW_NO_ENV_HINTS: '1' };

    log('installing nats-server with Homebrew (brew install nats-server)');
    const install = await runCommand(brew, ['install', 'nats-server'], {
      env: quiet,
      timeoutMs: 600_000,
    });
    if (!install.ok) {
      return { found: false, reason: `brew install failed: ${lastLines(install.stderr)}` };
    }
    const prefix = await runCommand(brew, ['--prefix', 'nats-server'], { env: quiet });
    const path = join(prefix.stdout.trim(), 'bin', 'nats-server');
    return { found: true, path, version: await requireUsable(path) };
  },
};
