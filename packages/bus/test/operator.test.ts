import { testNats } from '@trustmonitor/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  brokerTrustOf,
  connectBus,
  createBrokerSeeds,
  createNkeySeed,
  issueCredential,
  publicNkey,
  readCredential,
  signWithNkey,
  verifyWithNkey,
  type Bus,
  type BusStatus,
} from '@trustmonitor/bus';

const seeds = createBrokerSeeds();
const nats = await testNats({ trust: await brokerTrustOf(seeds, 'acme') });
const open: Bus[] = [];
afterAll(() => Promise.all(open.map((bus) => bus.close())));

async function join(
  client: string,
  subjects: readonly string[],
  expiresAtMs: number | null = null,
) {
  const seed = createNkeySeed();
  const user = { nkey: publicNkey(seed), name: client, publish: subjects, subscribe: subjects };
  let credential = await issueCredential(seeds.account, { ...user, expiresAtMs });
  const statuses: BusStatus[] = [];
  const bus = await connectBus({
    url: nats.url,
    client,
    seed,
    credential: () => credential,
    onStatus: (status) => statuses.push(status),
  });
  open.push(bus);
  const renew = async (later: number | null) => {
    credential = await issueCredential(seeds.account, { ...user, expiresAtMs: later });
  };
  return { bus, statuses, renew, credential };
}

describe('a broker that believes an operator', () => {
  let ours: Awaited<ReturnType<typeof join>>;
  beforeAll(async () => {
    ours = await join('ours', ['tm.a', 'tm.b']);
  });

  it('lets in, without being told, whom the account vouches for; and each to its subjects only', async () => {
    const other = await join('other', ['tm.a']);
    const heard: string[] = [];
    const told = new Promise<void>((resolve) => {
      ours.bus.subscribe('tm.a', ({ subject }) => {
        heard.push(subject);
        resolve();
      });
    });
    ours.bus.subscribe('tm.b', ({ subject }) => heard.push(subject));
    await ours.bus.flush();
    other.bus.publish('tm.b', new Uint8Array());
    other.bus.publish('tm.a', new Uint8Array());
    await told;
    expect(heard).toEqual(['tm.a']);
  });

  it('refuses a client without a credential, with another’s, and of another account', async () => {
    const seed = createNkeySeed();
    const connect = (credential: string | null) =>
      connectBus({ url: nats.url, client: 'x', seed, credential: () => credential }, 0);
    const refused = expect.objectContaining({ code: 'nats.unavailable' });
    await expect(connect(null)).rejects.toThrow(refused);
    await expect(connect(ours.credential)).rejects.toThrow(refused);
    const forged = await issueCredential(createBrokerSeeds().account, {
      nkey: publicNkey(seed),
      name: 'x',
      publish: ['>'],
      subscribe: ['>'],
      expiresAtMs: null,
    });
    await expect(connect(forged)).rejects.toThrow(refused);
  });

  it('ends a connection whose credential expires, and takes it back with a newer one', async () => {
    const { bus, statuses, renew } = await join('brief', ['tm.a'], Date.now() + 1_500);
    await renew(null);
    await expect
      .poll(() => statuses.map(({ type }) => type), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['connected', 'disconnected', 'connected']));
    await expect.poll(() => bus.connected).toBe(true);
  });

  it('changes to a newer credential when asked to, and keeps its subscriptions', async () => {
    const { bus, renew } = await join('renewed', ['tm.a'], Date.now() + 3_600_000);
    let count = 0;
    bus.subscribe('tm.a', () => (count += 1));
    await renew(null);
    await bus.reconnect();
    await expect.poll(() => bus.connected).toBe(true);
    await bus.flush();
    ours.bus.publish('tm.a', new Uint8Array());
    await expect.poll(() => count).toBe(1);
  });
});

describe('credentials', () => {
  it('say whose they are and until when', async () => {
    const nkey = publicNkey(createNkeySeed());
    const user = { nkey, name: 'a', publish: [], subscribe: [], expiresAtMs: 1_893_456_000_000 };
    expect(readCredential(await issueCredential(seeds.account, user))).toEqual({
      nkey,
      expiresAtMs: 1_893_456_000_000,
    });
    expect(() => readCredential('eyJ.x.y')).toThrow(
      expect.objectContaining({ code: 'key.invalid' }),
    );
    await expect(issueCredential(seeds.operator, user)).rejects.toThrow(/form SA\.\.\./);
  });

  it('NKeys sign and verify', () => {
    const seed = createNkeySeed();
    const data = new TextEncoder().encode('hello');
    const signature = signWithNkey(seed, data);
    expect(verifyWithNkey(publicNkey(seed), data, signature)).toBe(true);
    expect(verifyWithNkey(publicNkey(createNkeySeed()), data, signature)).toBe(false);
    expect(verifyWithNkey('UABC', data, signature)).toBe(false);
    expect(verifyWithNkey(publicNkey(seed), data, new Uint8Array(3))).toBe(false);
  });
});
