import { TrustMonitorError } from '@trustmonitor/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { connectBus, type Bus, type BusStatus, type Delivery } from '@trustmonitor/bus';
import { testBroker } from './broker.ts';
import { agentClient, coordinatorClient, type TestClient } from './clients.ts';

const agent = agentClient('eu-1', 'eu');
const coordinator = coordinatorClient('coordinator-1');
const stranger = agentClient('stranger', 'eu');
const users = [agent.user, coordinator.user];
const broker = await testBroker({ users });

const open: Bus[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
});

async function connectAs({ client, seed }: TestClient, statuses: BusStatus[] = []): Promise<Bus> {
  const bus = await connectBus({
    url: broker.url,
    client,
    seed,
    onStatus: (status) => statuses.push(status),
  });
  open.push(bus);
  return bus;
}

const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const bytes = (data: string): Uint8Array => new TextEncoder().encode(data);

test('coordinators share a name and a key, and one answers when the other is gone', async () => {
  const replicas = await Promise.all([connectAs(coordinator), connectAs(coordinator)]);
  const heard: number[] = [];
  for (const [i, replica] of replicas.entries()) {
    replica.subscribe('tm.v1.beat.*.*', (beat) => {
      heard.push(i);
      beat.respond(bytes(`${i}`));
    });
    await replica.flush();
  }
  const agentBus = await connectAs(agent);
  const ask = async () => text(await agentBus.request('tm.v1.beat.eu.eu-1', bytes('{}'), 5_000));
  expect(['0', '1']).toContain(await ask());
  await vi.waitFor(() => expect(heard.toSorted()).toEqual([0, 1]));
  await replicas[0].close();
  expect(await ask()).toBe('1');
});

test('where TLS is asked for, a broker that has none is refused', async () => {
  const url = broker.url.replace('nats:', 'tls:');
  await expect(connectBus({ url, ...agent }, 0)).rejects.toMatchObject({
    code: 'nats.unavailable',
    cause: { message: expect.stringContaining("does not support 'tls'") },
  });
});

describe('a lost broker', () => {
  test('is reported, comes back, and keeps the subscriptions', async () => {
    const statuses: BusStatus[] = [];
    const jobs: string[] = [];
    const agentBus = await connectAs(agent, statuses);
    const coordinatorBus = await connectAs(coordinator);
    agentBus.subscribe('tm.v1.job.eu', ({ data }) => jobs.push(text(data)), { queue: 'agents.eu' });
    await agentBus.flush();

    await broker.kill();
    await vi.waitFor(() => expect(agentBus.connected).toBe(false));
    expect(statuses.at(-1)).toEqual({ type: 'disconnected' });
    await broker.restart();
    await vi.waitFor(() => expect(agentBus.connected && coordinatorBus.connected).toBe(true), {
      timeout: 10_000,
    });

    await vi.waitFor(() => {
      coordinatorBus.publish('tm.v1.job.eu', bytes('after'));
      expect(jobs).toContain('after');
    });
  });

  test('buffers nothing: what could not be sent is gone, and says so', async () => {
    const jobs: string[] = [];
    const agentBus = await connectAs(agent);
    const coordinatorBus = await connectAs(coordinator);
    agentBus.subscribe('tm.v1.job.eu', ({ data }) => jobs.push(text(data)));
    await agentBus.flush();

    await broker.kill();
    await vi.waitFor(() => expect(coordinatorBus.connected || agentBus.connected).toBe(false));
    expect(coordinatorBus.publish('tm.v1.job.eu', bytes('stale'))).toBe(false);
    const asked = performance.now();
    const request = agentBus.request('tm.v1.beat.eu.eu-1', bytes('{}'), 60_000);
    await expect(request).rejects.toMatchObject({ code: 'nats.unavailable' });
    // At once, and not when its time is over; however busy the machine.
    expect(performance.now() - asked).toBeLessThan(50_000);

    await broker.restart();
    await vi.waitFor(() => expect(agentBus.connected && coordinatorBus.connected).toBe(true), {
      timeout: 10_000,
    });
    await vi.waitFor(() => {
      coordinatorBus.publish('tm.v1.job.eu', bytes('fresh'));
      expect(jobs).toContain('fresh');
    });
    expect(jobs).not.toContain('stale');
  });

  test('does not hold up closing', async () => {
    const bus = await connectAs(agent);
    await broker.kill();
    await vi.waitFor(() => expect(bus.connected).toBe(false));
    await bus.close();
    expect(bus.connected).toBe(false);
    await broker.restart();
  });

  test('is waited for at the start, but not longer than asked', async () => {
    await broker.kill();
    const late = connectAs(agent);
    const refused = connectBus({ url: broker.url, client: 'eu-1', seed: agent.seed }, 0);
    await expect(refused).rejects.toMatchObject({ code: 'nats.unavailable', where: broker.url });
    await broker.restart();
    expect((await late).connected).toBe(true);
  });
});

describe('permissions', () => {
  test('a key the broker does not know is refused at once', async () => {
    const connecting = connectBus({ url: broker.url, ...stranger }, 30_000);
    await expect(connecting).rejects.toThrow(TrustMonitorError);
    await expect(connecting).rejects.toMatchObject({ code: 'nats.unavailable' });
  });

  test('publishing as somebody else is reported and not delivered', async () => {
    const statuses: BusStatus[] = [];
    const seen: string[] = [];
    const agentBus = await connectAs(agent, statuses);
    const coordinatorBus = await connectAs(coordinator);
    coordinatorBus.subscribe('tm.v1.result.*.*', ({ subject }) => seen.push(subject));
    await coordinatorBus.flush();

    agentBus.publish('tm.v1.result.3.us-1', bytes('forged'));
    agentBus.publish('tm.v1.result.3.eu-1', bytes('own'));
    await vi.waitFor(() => expect(seen).toContain('tm.v1.result.3.eu-1'));
    await vi.waitFor(() => expect(statuses.map(({ type }) => type)).toContain('error'));
    expect(seen).not.toContain('tm.v1.result.3.us-1');
    expect(agentBus.connected).toBe(true);
  });

  test('listening to another region or another inbox is reported and gives nothing', async () => {
    const statuses: BusStatus[] = [];
    const overheard: Delivery[] = [];
    const agentBus = await connectAs(agent, statuses);
    const coordinatorBus = await connectAs(coordinator);
    agentBus.subscribe('tm.v1.job.us', (delivery) => overheard.push(delivery));
    agentBus.subscribe('_INBOX.us-1.>', (delivery) => overheard.push(delivery));
    await agentBus.flush();

    coordinatorBus.publish('tm.v1.job.us', bytes('{}'));
    coordinatorBus.publish('_INBOX.us-1.receipt', bytes('{}'));
    await coordinatorBus.flush();
    await agentBus.flush();
    await vi.waitFor(() =>
      expect(statuses.filter(({ type }) => type === 'error').length).toBeGreaterThanOrEqual(2),
    );
    expect(overheard).toEqual([]);
  });

  test('an agent enrolled later gets in after the broker has reloaded', async () => {
    await broker.reload({ users: [...users, stranger.user] });
    const bus = await connectAs(stranger);
    expect(bus.connected).toBe(true);
    await broker.reload({ users });
    await vi.waitFor(() => expect(bus.connected).toBe(false));
  });
});

describe('requests', () => {
  test('are answered', async () => {
    const agentBus = await connectAs(agent);
    const coordinatorBus = await connectAs(coordinator);
    coordinatorBus.subscribe('tm.v1.beat.*.*', (delivery) => delivery.respond(bytes('pong')));
    await coordinatorBus.flush();
    expect(text(await agentBus.request('tm.v1.beat.eu.eu-1', bytes('ping'), 5_000))).toBe('pong');
  });

  test('time out when somebody listens and says nothing', async () => {
    const agentBus = await connectAs(agent);
    const coordinatorBus = await connectAs(coordinator);
    coordinatorBus.subscribe('tm.v1.beat.*.*', () => undefined);
    await coordinatorBus.flush();
    await expect(agentBus.request('tm.v1.beat.eu.eu-1', bytes('ping'), 100)).rejects.toMatchObject({
      code: 'nats.unavailable',
    });
  });

  test('fail at once when nobody listens', async () => {
    const agentBus = await connectAs(agent);
    const asked = performance.now();
    await expect(
      agentBus.request('tm.v1.beat.eu.eu-1', bytes('ping'), 60_000),
    ).rejects.toMatchObject({ code: 'nats.unavailable' });
    expect(performance.now() - asked).toBeLessThan(50_000);
  });
});
