/** The database: the user's own, or a real PostgreSQL whose data is in the data folder. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import { startPostgres as startEmbedded } from '@trustmonitor/servers';
import { withoutPassword } from './nats.ts';
import type { Runtime } from './runtime.ts';
import type { Note, Outcome } from './steps.ts';

/** Returns the URL. */
export async function startPostgres(runtime: Runtime, note: Note): Promise<Outcome<string>> {
  const { databaseUrl } = runtime.settings;
  if (databaseUrl !== null) {
    return { value: databaseUrl, said: `${withoutPassword(databaseUrl)} (DATABASE_URL)` };
  }
  const server = await startEmbedded({ dataDirectory: runtime.paths.postgresFolder, log: note });
  runtime.cleanup.add({ name: 'PostgreSQL', stop: () => server.stop() });
  runtime.pids.set('postgres', server.pid);
  void server.exited.then(({ code, signal }) => {
    if (runtime.signal.aborted) return;
    const how = signal ?? `exit code ${code ?? '?'}`;
    runtime.fail(
      new TrustMonitorError('postgres.unavailable', `PostgreSQL has ended by itself (${how})`, {
        where: server.logFile,
        hint: `read its log, then start again: what was committed is kept. ${server.logFile}`,
      }),
    );
  });
  return {
    value: server.url,
    said: `on 127.0.0.1:${server.port}, data in ${runtime.paths.postgresFolder}`,
  };
}
