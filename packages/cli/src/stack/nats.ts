/** The broker: the user's own, or a real nats-server with one user for each of our processes. */
import { join } from 'node:path';
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

/** The name by which the coordinator connects: the owner of its inbox. */
const COORDINATOR_CLIENT = 'coordinator';

/** Returns the URL. */
export async function startNats(
  keys: StackKeys,
  members: readonly Member[],
  runtime: Runtime,
  note: Note,
): Promise<Outcome<string>> {
  const { natsUrl } = runtime.settings;
  if (natsUrl !== null) {
    note('the server must know these users: docs/nats.md says what each may do');
    for (const { name, nkey } of usersOf(keys, members)) note(`  ${name.padEnd(12)} ${nkey}`);
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

interface NamedUser extends NatsUser {
  readonly name: string;
}

function usersOf(keys: StackKeys, members: readonly Member[]): NamedUser[] {
  const coordinator = coordinatorPermissions(COORDINATOR_CLIENT);
  return [
    { name: COORDINATOR_CLIENT, nkey: keys.coordinatorNkey, ...coordinator },
    ...members.map(({ agent, region, identity }) => ({
      name: agent,
      nkey: identity.nkeyPublic,
      ...agentPermissions(agent, region),
    })),
  ];
}

export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//');
}
