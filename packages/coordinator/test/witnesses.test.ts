/** The log's heads and their witnesses, over real sockets: good ones, slow ones, hostile ones. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  connectBus,
  createNkeySeed,
  onWitnessRequest,
  publicNkey,
  sendWitnessReply,
} from '@trustmonitor/bus';
import {
  cosign,
  cosignatureTime,
  judgeCheckpoint,
  noteKeyOf,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  type KnownTree,
  type NoteKey,
  type QuorumNode,
  type WitnessPolicy,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';
import {
  agentPermissions,
  coordinatorPermissions,
  type WitnessRequest,
} from '@trustmonitor/protocol';
import { testNats } from '@trustmonitor/testkit';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { appendToLog } from '../src/log/append.ts';
import { Checkpointer } from '../src/log/checkpointer.ts';
import type { LogIdentity } from '../src/log/witnesses.ts';
import { selectCheckpointPage, selectLogTree, selectNewestCheckpoint } from '../src/store/log.ts';
import { testStore } from './support/database.ts';
import { until } from './support/until.ts';

const { database } = await testStore();
const [seed, agentSeed] = [createNkeySeed(), createNkeySeed()];
const nats = await testNats({
  users: [
    { nkey: publicNkey(seed), ...coordinatorPermissions('coordinator') },
    { nkey: publicNkey(agentSeed), ...agentPermissions('stern', 'eu') },
  ],
});
const bus = await connectBus({ url: nats.url, client: 'coordinator', seed });
afterAll(() => bus.close());

const ORIGIN = 'trustmonitor/test/log';
const logSigner = generateSigner();
const logKey = noteKeyOf(ORIGIN, 'ed25519', logSigner.publicKey);

type Handle = (body: string, response: ServerResponse, request: IncomingMessage) => void;

/** A server whose connections end with the test file. */
async function serve(handle: Handle): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      asked.push(body);
      handle(body, response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** A witness as the specification has it, with a memory that a test can take away. */
async function goodWitness(name: string) {
  const signer = generateSigner();
  let tree: KnownTree = { size: 0, root: new Uint8Array(32) };
  const server = await serve((body, response, { method, url }) => {
    expect([method, url]).toEqual(['POST', '/add-checkpoint']);
    const request = parseAddCheckpoint(body);
    const judged = judgeCheckpoint(request, logKey, tree, nodeVerifier);
    if (judged.status === 200) {
      tree = judged.next;
      const other = cosign(request.note, 'somebody/else', generateSigner(), 1_800_000_000);
      const line = cosign(request.note, `witness/${name}`, signer, 1_800_000_000);
      response.end(`${other}\n${line}\n`);
    } else if (judged.status === 409) {
      response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${judged.size}\n`);
    } else response.writeHead(judged.status).end(judged.reason);
  });
  const key = noteKeyOf(`witness/${name}`, 'cosignature', signer.publicKey);
  return { name, key, ...server };
}

async function badWitness(name: string, handle: Handle) {
  const key = noteKeyOf(`witness/${name}`, 'cosignature', generateSigner().publicKey);
  return { name, key, ...(await serve(handle)) };
}

const cosignedSize = async () =>
  (await selectNewestCheckpoint(database, { cosigned: true }))?.size ?? 0;

const grow = async (count: number): Promise<string[]> => {
  const digests = Array.from({ length: count }, () =>
    Buffer.from(generateSigner().publicKey).toString('hex'),
  );
  await database.transaction((tx) =>
    appendToLog(
      tx,
      digests.map((digest) => ({
        kind: 'batch' as const,
        digest,
        envelope: { payloadType: 'x', payload: 'eA==', signatures: [{ keyid: 'k', sig: 'eA==' }] },
        publicKeys: [logSigner.publicKey],
      })),
    ),
  );
  return digests;
};

test('public witnesses make the quorum, whatever the others do', async () => {
  const good = await goodWitness('good');
  const hung: ServerResponse[] = [];
  const witnesses = [
    good,
    await badWitness('slow', (_body, response) => void hung.push(response)),
    await badWitness('endless', (_body, response) => {
      response.end('x'.repeat(1_000_000));
    }),
    ...(await Promise.all(
      [500, 503, 429].map((status) =>
        badWitness(`busy-${status}`, (_body, response) => {
          response.writeHead(status).end('try later');
        }),
      ),
    )),
    await badWitness('forger', (body, response) => {
      const { note } = parseAddCheckpoint(body);
      response.end(`${cosign(note, 'witness/forger', generateSigner(), 1_800_000_000)}\n`);
    }),
    await badWitness('elsewhere', (_body, response) => {
      response.writeHead(302, { location: `${good.url}/add-checkpoint` }).end();
    }),
    await badWitness('ahead', (_body, response) => {
      response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end('999999\n');
    }),
  ];
  const quorum: QuorumNode = { kind: 'witness', name: 'good', key: good.key };
  const others = witnesses.map(({ name, key }): { name: string; key: NoteKey } => ({ name, key }));
  const policy = { logs: [logKey], witnesses: others, quorum };
  const identity: LogIdentity = { origin: ORIGIN, logKey, policy, witnesses: [], others };
  const lines: { msg: string; witness?: string }[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  const start = async () => {
    const checkpointer = new Checkpointer({
      database,
      bus,
      clock: () => Date.now(),
      log,
      transparency: { signer: logSigner, refreshed: () => Promise.resolve(identity) },
      witnessUrls: new Map(witnesses.map(({ name, url }) => [name, url])),
    });
    await checkpointer.start();
    return checkpointer;
  };

  const grownMs = Date.now();
  await grow(3);
  const first = await start();
  await until('a cosigned head', async () => (await cosignedSize()) === 3);
  const newest = await selectNewestCheckpoint(database, { cosigned: true });
  const note = parseNote(newest?.cosigned ?? '');
  expect(cosignatureTime(note, good.key, nodeVerifier)).toBe(1_800_000_000);
  // When that was, our own clock says.
  const [published] = await selectCheckpointPage(database, null, 1);
  expect(published).toMatchObject({ size: 3, cosigned: newest?.cosigned });
  expect(published!.cosignedAtMs).toBeGreaterThanOrEqual(grownMs);
  expect(published!.cosignedAtMs).toBeLessThanOrEqual(Date.now());
  // Only what its key signed is kept of an answer: the log's line and one cosignature.
  expect(note.signatures).toHaveLength(2);
  const saysOf = (name: string) => lines.filter(({ witness }) => witness === name);
  for (const [name, says] of [
    ['endless', 'cannot be reached'],
    ['forger', 'does not verify'],
    ['elsewhere', 'refuses'],
    ['ahead', 'refuses'],
    ['busy-500', 'cannot answer now'],
    ['busy-503', 'cannot answer now'],
    ['busy-429', 'cannot answer now'],
  ] as const) {
    await until(name, () => saysOf(name).some(({ msg }) => msg.includes(says)));
  }
  await grow(2);
  first.wake();
  await until('the next head', async () => (await cosignedSize()) === 5);
  expect(good.asked.at(-1)).toMatch(/^old 3\n/);
  // Overload is no alarm.
  for (const { name } of witnesses.filter((each) => each.name.startsWith('busy'))) {
    expect([name, saysOf(name).filter(({ msg }) => msg.includes('refuses'))]).toEqual([name, []]);
  }
  // It still has our first request: nobody asks it twice at once.
  expect(hung).toHaveLength(1);
  await first.stop();

  // After a restart nothing is known of what the witness knows, and it says so itself.
  await grow(1);
  const second = await start();
  await until('a head after the restart', async () => (await cosignedSize()) === 6);
  expect(good.asked.slice(-2).map((body) => body.split('\n')[0])).toEqual(['old 0', 'old 5']);
  await second.stop();
});

test('an agent that misses a batch is shown it once, and cosigns; or the log stands accused', async () => {
  const [early] = await grow(1);
  const agentBus = await connectBus({ url: nats.url, client: 'stern', seed: agentSeed });
  afterAll(() => agentBus.close());
  const signer = generateSigner();
  const key = noteKeyOf('witness/stern', 'cosignature', signer.publicKey);
  const witness = { agent: 'stern', name: 'stern', key };
  const policy: WitnessPolicy = {
    logs: [logKey],
    witnesses: [{ name: 'stern', key }],
    quorum: { kind: 'witness', name: 'stern', key },
  };
  const identity: LogIdentity = {
    origin: ORIGIN,
    logKey,
    policy,
    witnesses: [witness],
    others: [],
  };
  const lines: { msg: string; reason?: string }[] = [];
  const log = pino(
    { level: 'error' },
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  let missing = early!;
  const asked: WitnessRequest[] = [];
  onWitnessRequest(
    agentBus,
    'stern',
    (request) => {
      asked.push(request);
      const { size } = parseCheckpoint(parseNote(request.note).text);
      const isShown = request.batches.some(({ batch }) => batch === missing);
      sendWitnessReply(agentBus, {
        v: 1,
        agent: 'stern',
        checkpoint: size,
        status: isShown ? 200 : 422,
        size: isShown ? size : 0,
        line: isShown ? cosign(request.note, 'witness/stern', signer, 1_800_000_000) : null,
        reason: isShown ? '' : 'a batch is missing',
        missing: isShown ? [] : [missing],
      });
    },
    (error) => {
      expect(error).toBeNull();
    },
  );
  await agentBus.flush();
  const checkpointer = new Checkpointer({
    database,
    bus,
    clock: () => Date.now(),
    log,
    transparency: { signer: logSigner, refreshed: () => Promise.resolve(identity) },
    witnessUrls: new Map(),
  });
  await checkpointer.start();
  const { size } = await selectLogTree(database);
  await until('a cosigned head', async () => (await cosignedSize()) === size);
  expect(asked.map(({ batches }) => batches.map(({ index }) => index))).toEqual([[], [size - 1]]);
  expect(lines).toEqual([]);

  // A batch that is nowhere in the log cannot be shown: asked about once more, and then an alarm.
  missing = 'ab'.repeat(32);
  await grow(1);
  checkpointer.wake();
  await until('the alarm', () => lines.some(({ reason }) => reason === 'a batch is missing'));
  expect(asked).toHaveLength(4);
  expect(await cosignedSize()).toBe(size);
  await checkpointer.stop();
});
