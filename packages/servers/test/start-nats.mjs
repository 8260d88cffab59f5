// Started by nats.test.ts as a process of its own: starts a nats-server, says its pid and waits.
import { startNatsServer } from '../dist/index.js';

const [binary, directory, nkey] = process.argv.slice(2);
const server = await startNatsServer({
  binary,
  directory,
  config: { users: [{ nkey, publish: [], subscribe: [] }] },
  log: () => {},
});
process.stdout.write(JSON.stringify({ pid: server.pid }));
process.once('SIGTERM', () => void server.stop());
