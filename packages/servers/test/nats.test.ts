import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import type { KeyPair } from '@nats-io/nkeys';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findNatsServer, startNatsServer } from '../src/index.ts';
import type { NatsUser, RunningNats } from '../src/index.ts';
import { renderNatsConfig } from '../src/nats/config.ts';
import { takenPort } from './listener.ts';
import { CACHE_DIR, isAlive, lineLog, scratchFolder } from './scratch.ts';

let binary: string;
beforeAll(async () => {
  const search = { env: process.env, cacheDir: CACHE_DIR, log: () => {} };
  binary = (await findNatsServer(search)).path;
}, 120_000);

interface StartOptions {
  readonly users: readonly NatsUser[];
  readonly directory?: string;
  readonly port?: number;
  readonly maxPayloadBytes?: number;
}

async function start({ users, directory, port, maxPayloadBytes }: StartOptions) {
  const server = await startNatsServer({
    binary,
    directory: directory ?? (await scratchFolder()),
    port,
    config: { users, maxPayloadBytes },
    log: () => {},
  });
  onTestFinished(() => server.stop());
  return server;
}

async function client(server: RunningNats, key: KeyPair): Promise<NatsConnection> {
  const authenticator = nkeyAuthenticator(key.getSeed());
  const connection = await connect({ servers: server.url, authenticator, reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

function userOf(key: KeyPair, permissions: Partial<NatsUser> = {}): NatsUser {
  return { nkey: key.getPublicKey(), publish: [], subscribe: [], ...permissions };
}

const everything = { publish: ['>'], subscribe: ['>'] };

/** The next message on a subject, once `act` was done. */
async function received(connection: NatsConnection, subject: string, act: () => void) {
  const subscription = connection.subscribe(subject, { max: 1 });
  await connection.flush();
  act();
  for await (const message of subscription) return message.string();
  return undefined;
}

/** The server's word on a forbidden operation, which it sends outside of any answer. */
async function refusal(connection: NatsConnection, act: () => void): Promise<string> {
  const events = connection.status();
  act();
  for await (const event of events) if (event.type === 'error') return String(event.error);
  throw new Error('the connection closed without a refusal');
}

describe('startNatsServer', () => {
  test('listens on a free loopback port with a private configuration', async () => {
    const directory = await scratchFolder();
    const server = await start({ users: [userOf(createUser())], directory });
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(server.port).toBeGreaterThan(0);
    expect((await stat(join(directory, 'nats.conf'))).mode & 0o777).toBe(0o600);
    expect(await readFile(server.logFile, 'utf8')).toContain('Server is ready');
  });

  test('lets in nobody without a key, nor with a strange one', async () => {
    const server = await start({ users: [userOf(createUser())] });
    await expect(connect({ servers: server.url })).rejects.toThrow(/[Aa]uthorization/);
    await expect(client(server, createUser())).rejects.toThrow(/[Aa]uthorization/);
  });

  test('permits what is listed and refuses the rest', async () => {
    const [agent, all] = [createUser(), createUser()];
    const server = await start({
      users: [
        userOf(agent, { publish: ['tm.v1.result.>'], subscribe: ['tm.v1.job.eu'] }),
        userOf(all, everything),
      ],
    });
    const [limited, unlimited] = [await client(server, agent), await client(server, all)];

    const result = received(unlimited, 'tm.v1.result.0', () =>
      limited.publish('tm.v1.result.0', 'x'),
    );
    expect(await result).toBe('x');
    const job = received(limited, 'tm.v1.job.eu', () => unlimited.publish('tm.v1.job.eu', 'y'));
    expect(await job).toBe('y');

    expect(await refusal(limited, () => limited.publish('tm.v1.job.us', 'z'))).toMatch(
      /[Pp]ermissions.*publish/i,
    );
    expect(await refusal(limited, () => void limited.subscribe('tm.v1.job.us'))).toMatch(
      /[Pp]ermissions.*subscription/i,
    );
  });

  test('an empty list allows nothing', async () => {
    const key = createUser();
    const connection = await client(await start({ users: [userOf(key)] }), key);
    expect(await refusal(connection, () => connection.publish('a', 'x'))).toMatch(/publish/i);
    expect(await refusal(connection, () => void connection.subscribe('a'))).toMatch(/subscr/i);
  });

  test('allowResponses lets a service answer', async () => {
    const [service, caller] = [createUser(), createUser()];
    const server = await start({
      users: [
        userOf(service, { subscribe: ['ask'], allowResponses: true }),
        userOf(caller, everything),
      ],
    });
    const answering = await client(server, service);
    answering.subscribe('ask', { callback: (_error, message) => void message.respond('yes') });
    await answering.flush();
    const reply = await (await client(server, caller)).request('ask', '', { timeout: 5_000 });
    expect(reply.string()).toBe('yes');
  });

  test('announces the largest message', async () => {
    const key = createUser();
    const connection = await client(
      await start({ users: [userOf(key)], maxPayloadBytes: 4096 }),
      key,
    );
    expect(connection.info?.max_payload).toBe(4096);
  });

  test('reload adds a user, disconnects a removed one and keeps the others', async () => {
    const [kept, removed, added] = [createUser(), createUser(), createUser()];
    const server = await start({ users: [userOf(kept, everything), userOf(removed)] });
    const [keptClient, removedClient] = [await client(server, kept), await client(server, removed)];

    await server.reload({ users: [userOf(kept, everything), userOf(added, everything)] });
    await removedClient.closed();
    expect(keptClient.isClosed()).toBe(false);
    const addedClient = await client(server, added);
    const said = received(keptClient, 'hello', () => addedClient.publish('hello', 'there'));
    expect(await said).toBe('there');
  });

  test('reload with a bad configuration changes nothing', async () => {
    const key = createUser();
    const server = await start({ users: [userOf(key)] });
    await expect(server.reload({ users: [] })).rejects.toMatchObject({ code: 'config.invalid' });
    await client(server, key);
  });

  test('stop leaves no process and no record, and may be repeated', async () => {
    const directory = await scratchFolder();
    const server = await start({ users: [userOf(createUser())], directory });
    await server.stop();
    await server.stop();
    await server.exited;
    expect(isAlive(server.pid)).toBe(false);
    await expect(stat(join(directory, 'nats.pid.json'))).rejects.toThrow('ENOENT');
  });

  test('a taken port is port.taken', async () => {
    const port = await takenPort();
    await expect(start({ users: [userOf(createUser())], port })).rejects.toMatchObject({
      code: 'port.taken',
      where: `127.0.0.1:${port}`,
    });
  });

  test('a failing start carries the end of the log', async () => {
    const folder = await scratchFolder();
    const failing = join(folder, 'nats-server');
    await writeFile(failing, '#!/bin/sh\necho "no memory left" >&2\nexit 1\n', { mode: 0o755 });
    const start = startNatsServer({
      binary: failing,
      directory: join(folder, 'nats'),
      config: { users: [userOf(createUser())] },
      log: () => {},
    });
    await expect(start).rejects.toMatchObject({
      code: 'nats.start_failed',
      message: expect.stringContaining('no memory left'),
    });
  });

  test('an unwritable folder is data.unwritable', async () => {
    const file = join(await scratchFolder(), 'a-file');
    await writeFile(file, '');
    const attempt = start({ users: [userOf(createUser())], directory: join(file, 'nats') });
    await expect(attempt).rejects.toMatchObject({ code: 'data.unwritable' });
  });
});

describe('after a crash', () => {
  test('the orphan of a killed run is stopped by the next start', async () => {
    const directory = await scratchFolder();
    const key = createUser();
    const orphan = await startedByAnother(directory, key);
    orphan.parent.kill('SIGKILL');
    await once(orphan.parent, 'exit');
    expect(isAlive(orphan.pid)).toBe(true);

    const { lines, log } = lineLog();
    const config = { users: [userOf(key)] };
    const server = await startNatsServer({ binary, directory, config, log });
    onTestFinished(() => server.stop());
    expect(lines).toEqual([expect.stringContaining(`process ${orphan.pid}`)]);
    await client(server, key);
  });

  test('the server of a live run is left alone', async () => {
    const directory = await scratchFolder();
    const key = createUser();
    const other = await startedByAnother(directory, key);
    await expect(start({ users: [userOf(key)], directory })).rejects.toMatchObject({
      code: 'stack.running',
    });
    expect(isAlive(other.pid)).toBe(true);
    other.parent.kill('SIGTERM');
    await once(other.parent, 'exit');
  });

  test('a record whose pid is now a stranger kills nobody', async () => {
    const directory = await scratchFolder();
    const stranger = spawn('sleep', ['60']);
    onTestFinished(() => void stranger.kill());
    await once(stranger, 'spawn');
    const record = { pid: stranger.pid, ownerPid: 1 };
    await writeFile(join(directory, 'nats.pid.json'), JSON.stringify(record));
    await start({ users: [userOf(createUser())], directory });
    expect(isAlive(stranger.pid as number)).toBe(true);
  });
});

/** A nats-server whose parent is another process, as after `trustmonitor up` elsewhere. */
async function startedByAnother(directory: string, key: KeyPair) {
  const parent = spawn(
    process.execPath,
    [join(import.meta.dirname, 'start-nats.mjs'), binary, directory, key.getPublicKey()],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [answer] = (await once(parent.stdout, 'data')) as [Buffer];
  const { pid } = JSON.parse(answer.toString()) as { pid: number };
  return { parent, pid };
}

describe('renderNatsConfig', () => {
  const place = { port: -1, portsFolder: '/tmp/ports' };
  const user = userOf(createUser());

  test('no users would let everybody in, so it is refused', () => {
    expect(() => renderNatsConfig({ users: [] }, place)).toThrow(
      expect.objectContaining({ code: 'config.invalid' }),
    );
  });

  test.each([
    ['users[0].nkey', { ...user, nkey: 'UA' }],
    ['users[0].publish', { ...user, publish: ['a b c'] }],
    ['users[0].subscribe', { ...user, subscribe: ['a"\n}'] }],
  ])('a bad %s is named', (where, bad) => {
    expect(() => renderNatsConfig({ users: [bad] }, place)).toThrow(
      expect.objectContaining({ code: 'config.invalid', where }),
    );
  });
});
