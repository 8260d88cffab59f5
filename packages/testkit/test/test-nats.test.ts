import { createConnection } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { testNats } from '../src/servers/index.ts';

// The public key of nobody: its seed was thrown away.
const nkey = 'UBTZKSHZTHMTOISA55PV3EVPOCP67ELGSMTCJ6RWL4CRJYQMYBPCJNIZ';
const nats = await testNats({ users: [{ nkey, publish: [], subscribe: [] }] });

test('a NATS server greets at its address and asks for a key', async () => {
  const socket = createConnection({ host: '127.0.0.1', port: nats.port });
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(greeting.toString()).toMatch(/^INFO .*"auth_required":true/);
});
