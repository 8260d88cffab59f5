import { TrustMonitorError } from '@trustmonitor/protocol';
import { lastLines, runCommand } from '../run-command.ts';
import type { Log } from '../running-server.ts';

/** Whom the server runs as; empty for "as we do". */
export interface Identity {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

const USER = 'postgres';

/**
 * PostgreSQL refuses to run as root, so root runs it as the user `postgres`, who is made
 * when there is none.
 *
 * @throws TrustMonitorError `postgres.start_failed` when the user cannot be made.
 */
export async function serverIdentity(log: Log): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const existing = await lookUp();
  if (existing !== undefined) return existing;

  log(`creating the system user ${USER}: PostgreSQL refuses to run as root`);
  const flags = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  const created = await runCommand('useradd', [...flags, USER]);
  const identity = await lookUp();
  if (identity === undefined) {
    const why = lastLines(created.stderr);
    throw new TrustMonitorError('postgres.start_failed', `cannot create user ${USER}: ${why}`, {
      hint: `create a user named ${USER}, run this as an ordinary user, or set DATABASE_URL`,
    });
  }
  return identity;
}

async function lookUp(): Promise<Identity | undefined> {
  const uid = await runCommand('id', ['-u', USER]);
  const gid = await runCommand('id', ['-g', USER]);
  return uid.ok && gid.ok ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
}
