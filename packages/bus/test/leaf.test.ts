/** A leaf server between agents and brokers: their messages pass, and those of others do not. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  brokerTrustOf,
  connectBus,
  createBrokerSeeds,
  createNkeySeed,
  credentialFile,
  issueCredential,
  publicNkey,
  type Bus,
} from '@trustmonitor/bus';
import {
  SHARD_COUNT,
  agentPermissions,
  beatSubject,
  coordinatorPermissions,
  jobQueue,
  jobSubject,
  leafPermissions,
  receiptSubject,
  resultSubject,
  resultsOfShard,
  seenSubject,
  witnessSubject,
  type Permissions,
} from '@trustmonitor/protocol';
import { renderTrust } from '@trustmonitor/servers';
import { testNatsBinary } from '@trustmonitor/testkit';
import { freePort } from '@trustmonitor/testkit/targets';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const seeds = createBrokerSeeds();
const undo: (() => unknown)[] = [];
let folder: string;
const ports: Record<'hub' | 'leaf' | 'leafnodes', number> = { hub: 0, leaf: 0, leafnodes: 0 };
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

async function client(name: string, permissions: Permissions) {
  const seed = createNkeySeed();
  const user = { nkey: publicNkey(seed), name, ...permissions, expiresAtMs: null };
  return { seed, credential: await issueCredential(seeds.account, user) };
}

async function startServer(binary: string, name: 'hub' | 'leaf', leafnodes: string): Promise<void> {
  const file = join(folder, `${name}.conf`);
  const lines = [`server_name: ${name}`, `listen: "127.0.0.1:${ports[name]}"`, leafnodes];
  await writeFile(file, [...lines, 'include "trust.conf"'].join('\n'));
  const child: ChildProcess = spawn(binary, ['-c', file], { stdio: 'ignore' });
  undo.push(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
}

async function connect(name: string, permissions: Permissions, at: 'hub' | 'leaf'): Promise<Bus> {
  const { seed, credential } = await client(name, permissions);
  const url = `nats://127.0.0.1:${ports[at]}`;
  const bus = await connectBus({ url, client: name, seed, credential: () => credential });
  undo.push(() => bus.close());
  return bus;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-leaf-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['hub', 'leaf', 'leafnodes'] as const) ports[name] = await freePort();
  const binary = await testNatsBinary();
  const trust = await brokerTrustOf(seeds, 'acme');
  await writeFile(join(folder, 'trust.conf'), renderTrust(trust).join('\n'));
  const leaf = await client('leaf-eu', leafPermissions('eu', ['eu-1', 'eu-2']));
  const creds = join(folder, 'leaf.creds');
  await writeFile(creds, credentialFile(leaf.credential, leaf.seed));
  const account = trust.accounts[0]!.publicKey;
  await startServer(binary, 'hub', `leafnodes { listen: "127.0.0.1:${ports.leafnodes}" }`);
  const remote = `url: "nats-leaf://127.0.0.1:${ports.leafnodes}", credentials: "${creds}"`;
  await startServer(
    binary,
    'leaf',
    `leafnodes { reconnect: 1, remotes: [{ ${remote}, account: ${account} }] }`,
  );
});

const bytes = (text: string) => new TextEncoder().encode(text);

test('what agents behind it say and hear passes; what agents of other regions do, does not', async () => {
  const coordinator = await connect('coordinator', coordinatorPermissions('coordinator'), 'hub');
  const agent = await connect('eu-1', agentPermissions('eu-1', 'eu'), 'leaf');
  const stranger = await connect('us-1', agentPermissions('us-1', 'us'), 'leaf');
  const heard: string[] = [];
  const note = (subject: string) => heard.push(subject);
  agent.subscribe(jobSubject('eu'), (one) => note(one.subject), { queue: jobQueue('eu') });
  for (const subject of [witnessSubject('eu-1'), seenSubject, receiptSubject('eu-1')]) {
    agent.subscribe(subject, (one) => note(one.subject));
  }
  stranger.subscribe(jobSubject('us'), (one) => note(one.subject), { queue: jobQueue('us') });
  coordinator.subscribe(resultsOfShard('*'), (one) => note(one.subject));
  coordinator.subscribe('tm.v1.beat.*.*', (one) => one.respond(bytes('now')));
  await Promise.all([agent.flush(), stranger.flush(), coordinator.flush()]);
  // Only an answer tells that the leaf has its way to the hub.
  const beat = beatSubject('eu', 'eu-1');
  await vi.waitFor(() => agent.request(beat, bytes('here'), 500), { timeout: 20_000 });

  stranger.publish(resultSubject(3, 'us-1'), bytes('x'));
  await stranger.flush();
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => resultSubject(shard, 'eu-1'));
  for (const subject of shards) agent.publish(subject, bytes('x'));
  const said = [jobSubject('us'), jobSubject('eu'), witnessSubject('eu-1'), seenSubject].concat(
    receiptSubject('eu-1'),
  );
  for (const subject of said) coordinator.publish(subject, bytes('x'));
  // All that is to come has a place after what must not.
  const expected = [...shards, ...said.filter((subject) => subject !== jobSubject('us'))];
  await vi.waitFor(() => expect(heard.toSorted()).toEqual(expected.toSorted()), {
    timeout: 10_000,
  });
  await expect(stranger.request(beatSubject('us', 'us-1'), bytes('x'), 300)).rejects.toThrow();
  expect(heard).toHaveLength(expected.length);
});
