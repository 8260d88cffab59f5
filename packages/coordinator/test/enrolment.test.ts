/** Agents come and go while the coordinator runs: join tokens, the key ring, revocation. */
import { signWithNkey } from '@trustmonitor/bus';
import {
  encodeBase64,
  encodeUtf8,
  joinMessage,
  payloadOf,
  signJoin,
  signKeyRing,
  signerFromSeed,
  type Signer,
} from '@trustmonitor/evidence';
import {
  PAYLOAD_TYPES,
  credentialRequestText,
  type Envelope,
  type JoinTokenResource,
  type JoinedResource,
  type KeyRing,
  type Problem,
} from '@trustmonitor/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { joinTokenHash } from '../src/enrol/token.ts';
import type { AgentKeys } from './support/keys.ts';
import { THREE, testNetwork } from './support/network.ts';
import { until } from './support/until.ts';
import { expectVerified } from './support/verify.ts';

const newcomer = { agent: 'eu-2', region: 'eu', group: 'group-eu', enrolled: false };
const network = await testNetwork([
  ...THREE,
  newcomer,
  { ...newcomer, agent: 'us-2', region: 'us', group: 'group-us' },
]);
await network.start();
beforeEach(() => network.showLogsOnFailure());

const witnessOf = ({ agent }: AgentKeys): Signer =>
  signerFromSeed(Buffer.from(agent.padEnd(32, '.')));

async function invite(region: string, agent?: string): Promise<string> {
  const body = agent === undefined ? { region } : { region, agent };
  const answer = await network.api.call<JoinTokenResource>('POST', '/v1/agents/join-tokens', {
    body,
  });
  expect(answer.status, answer.text).toBe(201);
  // Command lines are there for everybody on the machine to see.
  expect(answer.body.command).not.toContain(answer.body.token);
  return answer.body.token;
}

const join = (token: string, name: string, changes: { agent?: string; body?: object } = {}) => {
  const { keys } = network.agent(name);
  const statement = { token: joinTokenHash(token), agent: changes.agent ?? name, nkey: keys.nkey };
  const envelope = signJoin(statement, { vote: keys.signer, witness: witnessOf(keys) });
  const nkeySignature = encodeBase64(signWithNkey(keys.nkeySeed, joinMessage(envelope)));
  return network.api.as(null).call<JoinedResource & Problem>('POST', '/v1/agents/join', {
    body: { token, envelope, nkeySignature, ...changes.body },
  });
};

const rings = async (): Promise<KeyRing[]> => {
  const envelopes = await network.api.get<Envelope[]>('/.well-known/trustmonitor/keyring.json');
  return envelopes.map(
    (one) => JSON.parse(Buffer.from(payloadOf(one, PAYLOAD_TYPES.keyring)).toString()) as KeyRing,
  );
};
const revoke = (agent: string) => network.api.call('POST', `/v1/agents/${agent}/revoke`);

describe('an agent with a join token', () => {
  test('is enrolled once; its votes count at once, and its evidence verifies', async () => {
    const token = await invite('eu');
    const joined = await join(token, 'eu-2');
    expect(joined.status, joined.text).toBe(201);
    expect(joined.body).toMatchObject({
      network: 'test',
      region: 'eu',
      group: 'group-eu',
      natsUrl: 'nats://broker.example:4222',
      apiUrl: 'https://tm.example',
      credential: null,
      logVkey: null,
    });
    expect((await rings()).map(({ version }) => version)).toEqual([1, 2]);
    expect((await network.api.agents()).data.map(({ agent }) => agent)).toContain('eu-2');
    // Both agents of the region share its jobs: sooner or later the newcomer has one.
    network.voteAll('joined', 'up');
    await network.api.create('joined', { quorum: 'all' });
    await until('a vote of the newcomer that counts', async () => {
      const rows = await network.sql.rows<{ count: number }>(
        `select count(*)::int as count from result where agent = 'eu-2' and counted`,
      );
      return (rows[0]?.count ?? 0) > 0;
    });
    network.voteAll('joined', 'down');
    const incident = await network.api.incidentOf('joined', 'open');
    await expectVerified(network, incident.id);

    const again = await join(token, 'us-2');
    expect(again.body).toMatchObject({ status: 403, code: 'join.refused' });
    expect((await rings()).at(-1)?.version).toBe(2);
  });

  test('is refused with a token that has expired, is another’s, or was mistyped', async () => {
    const [late, other] = [await invite('us'), await invite('us', 'us-9')];
    await network.sql.rows(
      `update join_token set expires_at = now() where hash = decode($1, 'hex')`,
      [joinTokenHash(late)],
    );
    const forAnother = await invite('us');
    const cases = [
      [await join(late, 'us-2'), 403, 'join.refused'],
      [await join(other, 'us-2'), 403, 'join.refused'],
      [await join(`${other.slice(0, -1)}x`, 'us-2'), 422, 'input.invalid'],
      [await join(late, 'us-2', { body: { token: forAnother } }), 403, 'join.refused'],
    ] as const;
    for (const [answer, status, code] of cases) {
      expect(answer.body, answer.text).toMatchObject({ status, code });
    }
    const before = (await rings()).length;
    const taken = await join(forAnother, 'us-2', { agent: 'us-1' });
    expect(taken.body).toMatchObject({ status: 409, code: 'agent.exists' });
    // A request that was refused has not used the token up.
    const [stolen] = (await rings())[0]!.keys.filter(({ agent }) => agent === 'us-1');
    expect(stolen).toBeDefined();
    const unsigned = await join(forAnother, 'us-2', { body: { nkeySignature: 'AAAA' } });
    expect(unsigned.body).toMatchObject({ status: 422, code: 'input.invalid' });
    expect((await rings()).length).toBe(before);
    expect((await join(forAnother, 'us-2')).status).toBe(201);
  });

  test('needs a region that the root has given away, and a caller who may invite', async () => {
    const unknown = await network.api.call('POST', '/v1/agents/join-tokens', {
      body: { region: 'mars' },
    });
    expect(unknown.body).toMatchObject({ status: 422, code: 'monitor.unknown_region' });
    expect(unknown.body.hint).toContain('ap, eu, us');
    const stranger = await network.api
      .as(null)
      .call('POST', '/v1/agents/join-tokens', { body: { region: 'eu' } });
    expect(stranger.body).toMatchObject({ status: 401, code: 'auth.missing' });
  });
});

describe('an agent that is revoked', () => {
  test('is heard no more from the next batch on; what it said before still verifies', async () => {
    network.voteAll('before', 'down');
    await network.api.create('before', { quorum: 'all' });
    const incident = await network.api.incidentOf('before', 'open');
    network.voteAll('after', 'up');
    await network.api.create('after', { mode: 'all' });
    await network.api.verdict('after', 'up');
    await network.sql.rows(
      `insert into drain (kind, name, since, by, reason) values ('agent', 'ap-1', now(), 'a', '')`,
    );
    expect((await revoke('ap-1')).status).toBe(200);
    // Whoever joins under its name is another agent.
    expect(await network.sql.count('drain', 'true')).toBe(0);
    const ap = network.agent('ap-1');
    // Nobody asks it any more; it speaks all the same.
    const { digest } = ap.answer(ap.lastJob('after')!, 'up');
    const receipt = await until('a receipt', () =>
      ap.receipts.find(({ batch }) => batch === digest),
    );
    expect(receipt).toMatchObject({ status: 'refused' });
    expect(receipt.reason).toContain('revoked');
    await until('a round without it', async () => {
      const [newest] = (await network.api.rounds('after')).data;
      const round = newest === undefined ? null : await network.api.round(newest.id);
      return round?.members.every(({ region }) => region !== 'ap');
    });
    await expectVerified(network, incident.id);
    expect((await revoke('ap-1')).body).toMatchObject({ status: 404, code: 'not_found' });
    expect((await network.api.call('GET', '/v1/agents/ap-1')).status).toBe(404);
    expect((await revoke('push')).body).toMatchObject({ status: 404, code: 'not_found' });
  });

  test('gets no credential, nor does anybody who cannot prove who it is', async () => {
    const { keys } = network.agent('eu-2');
    const ask = (at: string) => {
      const text = encodeUtf8(credentialRequestText('test', 'eu-2', at));
      const signature = encodeBase64(signWithNkey(keys.nkeySeed, text));
      return network.api
        .as(null)
        .call('POST', '/v1/agents/eu-2/credential', { body: { nkey: keys.nkey, at, signature } });
    };
    for (const at of [new Date().toISOString(), '2020-01-01T00:00:00.000Z']) {
      expect((await ask(at)).body).toMatchObject({ status: 401, code: 'auth.refused' });
    }
  });
});

describe('a key ring version that was signed elsewhere', () => {
  const publish = (...envelopes: Envelope[]) =>
    network.api.call<{ version: number } & Problem>('POST', '/v1/keyrings', {
      body: { envelopes },
    });
  const next = async (changes: Partial<KeyRing> = {}): Promise<KeyRing> => {
    const newest = (await rings()).at(-1)!;
    const [stored] = await network.sql.rows<{ digest: string }>(
      `select encode(digest, 'hex') as digest from keyring order by version desc limit 1`,
    );
    return { ...newest, version: newest.version + 1, prev: stored!.digest, ...changes };
  };

  test('comes into force when the root has signed it, and not otherwise', async () => {
    const wider = await next();
    const forged = await publish(signKeyRing(wider, [network.keys.stranger]));
    expect(forged.body).toMatchObject({ status: 422, code: 'input.invalid' });
    const headless = {
      ...wider,
      keys: wider.keys.filter(({ role }) => role !== 'coordinator-report'),
    };
    const useless = await publish(signKeyRing(headless, [network.keys.root]));
    expect(useless.body).toMatchObject({ status: 422, code: 'input.invalid' });
    const good = signKeyRing(wider, [network.keys.root]);
    expect((await publish(good)).body).toEqual({ version: wider.version });
    expect((await publish(good)).body).toMatchObject({ status: 422, code: 'input.invalid' });
    expect((await rings()).at(-1)).toEqual(wider);
  });

  test('is told of in the audit log, as are invitations and revocations', async () => {
    const rows = await network.sql.rows<{ action: string }>('select action from audit');
    expect(new Set(rows.map(({ action }) => action))).toEqual(
      expect.objectContaining(
        new Set(['agent.invited', 'agent.enrolled', 'agent.revoked', 'keyring.published']),
      ),
    );
  });
});
