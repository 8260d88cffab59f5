/** The broker: the user's own, or a real nats-server; it lets in whom our account vouches for. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brokerTrustOf, connectBus, issueCredential, publicNkey } from '@trustmonitor/bus';
import { findNatsServer, renderTrust, startNatsServer } from '@trustmonitor/servers';
import { TrustMonitorError, coordinatorPermissions } from '@trustmonitor/protocol';
import type { StackKeys } from './keys.ts';
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
  runtime: Runtime,
  note: Note,
): Promise<Outcome<string>> {
  const { natsUrl, network } = runtime.settings;
  const trust = await brokerTrustOf(keys.broker, network);
  if (natsUrl !== null) {
    const { natsTrustFile } = runtime.paths;
    await writeWhole(natsTrustFile, `${renderTrust(trust).join('\n')}\n`, 0o644);
    note(`the server must include ${natsTrustFile}: whom to believe`);
    await requireAccess(natsUrl, keys, runtime);
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
    config: { trust },
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
async function requireAccess(
  url: string,
  { broker }: StackKeys,
  { paths }: Runtime,
): Promise<void> {
  const seed = (await readFile(paths.coordinatorSeedFile, 'utf8')).trim();
  const client = COORDINATOR_CLIENT;
  const credential = await issueCredential(broker.account, {
    nkey: publicNkey(seed),
    name: client,
    ...coordinatorPermissions(client),
    expiresAtMs: Date.now() + ACCESS_LIMIT_MS * 2,
  });
  const options = { url, client, seed, credential: () => credential };
  const bus = await connectBus(options, ACCESS_LIMIT_MS);
  await bus.close();
}

export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//');
}
