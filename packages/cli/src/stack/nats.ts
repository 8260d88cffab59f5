/** The broker: the user's own, or a real nats-server with one user for each of our processes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectBus } from '@trustmonitor/bus';
import { findNatsServer, startNatsServer, type NatsUser } from '@trustmonitor/servers';
import {
  TrustMonitorError,
  agentPermissions,
  coordinatorPermissions,
} from '@trustmonitor/protocol';
import type { StackKeys } from './keys.ts';
import type { Member } from './members.ts';
import type { Runtime } from './runtime.ts';
import type { Note, Outcome } from './steps.ts';
import { writeWhole } from './write-whole.ts';

/** The name by which the coordinator connects: the owner of its inbox. */
const COORDINATOR_CLIENT = 'coordinator';

/** How long a server of the user's own may take to let us in. */
const ACCESS_LIMIT_MS = 3_000;

/** Returns the URL. */
export async function startNats(
  keys: StackKeys,
  members: readonly Member[],
  runtime: Runtime,
  note: Note,
): Promise<Outcome<string>> {
  const { natsUrl } = runtime.settings;
  if (natsUrl !== null) {
    await writeUsers(usersOf(keys, members), runtime.paths.natsUsersFile);
    note(`the server must include ${runtime.paths.natsUsersFile}: who may do what`);
    await requireAccess(natsUrl, runtime);
    return { value: natsUrl, said: `${withoutPassword(natsUrl)} (TM_NATS_URL)` };
  }
  const binary = await findNatsServer({
    env: runtime.settings.environment,
    cacheDir: join(runtime.settings.cacheDirectory, 'nats-server'),
    log: note,
  });
  const server = await startNatsServer({
    binary: binary.path,
    directory: runtime.paths.natsFolder,
    config: { users: usersOf(keys, members) },
    log: note,
  });
  runtime.cleanup.add({ name: 'NATS', stop: () => server.stop() });
  runtime.pids.set('nats', server.pid);
  void server.exited.then(({ code, signal }) => {
    if (runtime.signal.aborted) return;
    const how = signal ?? `exit code ${code ?? '?'}`;
    runtime.fail(
      new TrustMonitorError('nats.unavailable', `nats-server has ended by itself (${how})`, {
        where: server.logFile,
        hint: `read its log, then start again: nothing is lost. ${server.logFile}`,
      }),
    );
  });
  return {
    value: server.url,
    said: `nats-server ${binary.version} (${binary.source}) on ${server.url}`,
  };
}

/** Throws `nats.unavailable` at once, where the coordinator would try and try again. */
async function requireAccess(url: string, { paths }: Runtime): Promise<void> {
  const seed = (await readFile(paths.coordinatorSeedFile, 'utf8')).trim();
  const bus = await connectBus({ url, client: COORDINATOR_CLIENT, seed }, ACCESS_LIMIT_MS);
  await bus.close();
}

/** For a server of the user's own; its configuration language is a superset of JSON. */
async function writeUsers(users: readonly NatsUser[], file: string): Promise<void> {
  const authorization = {
    users: users.map(({ nkey, publish, subscribe }) => ({
      nkey,
      permissions: { publish: { allow: publish }, subscribe: { allow: subscribe } },
    })),
  };
  await writeWhole(file, `${JSON.stringify({ authorization }, null, 2)}\n`, 0o644);
}

function usersOf(keys: StackKeys, members: readonly Member[]): NatsUser[] {
  return [
    { nkey: keys.coordinatorNkey, ...coordinatorPermissions(COORDINATOR_CLIENT) },
    ...members.map(({ agent, region, identity }) => ({
      nkey: identity.nkeyPublic,
      ...agentPermissions(agent, region),
    })),
  ];
}

export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//');
}
