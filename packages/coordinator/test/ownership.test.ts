/** Monitors as code of several owners: adopted, guarded, taken over, pruned, all or nothing. */
import {
  Monitor,
  writtenMonitor,
  type MonitorChange,
  type MonitorResource,
  type PlanResult,
} from '@trustmonitor/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { quick, type List } from './support/api-client.ts';
import { testNetwork } from './support/network.ts';

const network = await testNetwork();
await network.start();
const { api, sql } = network;
beforeEach(() => network.showLogsOnFailure());

const asleep = (id: string, settings = {}) => ({ ...quick(id), id, enabled: false, ...settings });

async function changes(path: 'plan' | 'apply', body: object): Promise<string[]> {
  const answer = await api.call<PlanResult>('POST', `/v1/${path}`, { body });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body.changes.map(
    ({ id, action, previousOwner }: MonitorChange) => `${id} ${action} ${previousOwner ?? '-'}`,
  );
}

const refused = async (path: 'plan' | 'apply', body: object) =>
  (await api.call('POST', `/v1/${path}`, { body })).body;

const ownedBy = async (owner: string) =>
  (await api.get<List<{ id: string }>>(`/v1/monitors?owner=${owner}`)).data.map(({ id }) => id);

describe('pruning', () => {
  test('deletes what this owner has applied and left out, and nothing else', async () => {
    await api.create('by-hand', { enabled: false });
    await changes('apply', { owner: 'other', monitors: [asleep('others')] });
    await changes('apply', { monitors: [asleep('unnamed')] });
    const both = { owner: 'acme/shop', monitors: [asleep('kept'), asleep('dropped')] };
    expect(await changes('apply', both)).toEqual(['kept create -', 'dropped create -']);
    const one = { owner: 'acme/shop', prune: true, monitors: [asleep('kept')] };
    const said = ['kept unchanged acme/shop', 'dropped delete acme/shop'];
    expect(await changes('plan', one)).toEqual(said);
    expect(await ownedBy('acme/shop')).toEqual(['dropped', 'kept']);
    expect(await changes('apply', { ...one, prune: false })).toEqual(said.slice(0, 1));
    expect(await changes('apply', one)).toEqual(said);
    expect(await changes('apply', one)).toEqual(said.slice(0, 1));
    expect(await ownedBy('acme/shop')).toEqual(['kept']);
    for (const id of ['by-hand', 'others', 'unnamed']) expect((await api.monitor(id)).id).toBe(id);
    const audited = await sql.rows<{ action: string; detail: object }>(
      "select action, detail from audit where subject = 'dropped' order by id",
    );
    expect(audited).toMatchObject([
      { action: 'monitor.created' },
      { action: 'monitor.owner_changed', detail: { owner: 'acme/shop', previousOwner: null } },
      { action: 'monitor.deleted', detail: { prunedBy: 'acme/shop' } },
    ]);
  });

  test('must say whose monitors, of which those without a name are the default owner’s', async () => {
    const monitors = [asleep('nameless')];
    await changes('apply', { monitors });
    expect((await api.monitor('nameless')).owner).toBe('default');
    for (const path of ['plan', 'apply'] as const) {
      expect(await refused(path, { prune: true, monitors })).toMatchObject({
        code: 'input.invalid',
        errors: [{ pointer: '/owner' }],
      });
    }
  });

  test('takes nothing with it when one monitor cannot go: an incident is open', async () => {
    network.voteAll('burning', 'down');
    const burning = { ...quick('burning'), id: 'burning' };
    const owner = 'fire';
    await changes('apply', { owner, monitors: [burning, asleep('ash')] });
    await api.incidentOf('burning', 'open');
    const rest = { owner, prune: true, monitors: [asleep('fresh')] };
    for (const path of ['plan', 'apply'] as const) {
      const problem = await refused(path, rest);
      expect(problem).toMatchObject({ status: 409, code: 'monitor.busy' });
      expect(problem.detail).toContain('burning');
    }
    expect(await ownedBy(owner)).toEqual(['ash', 'burning']);
    expect(await sql.count('monitor', "id = 'fresh'")).toBe(0);
  });
});

describe('what others depend on', () => {
  test('is not deleted, by hand or by pruning, but with them', async () => {
    const base = { owner: 'base', monitors: [asleep('power'), asleep('lamp')] };
    await changes('apply', base);
    const light = asleep('light', { dependsOn: ['power'] });
    await changes('apply', { owner: 'room', monitors: [light] });
    const deleted = await api.call('DELETE', '/v1/monitors/power', {
      headers: { 'if-match': '*' },
    });
    expect([deleted.status, deleted.body.code]).toEqual([409, 'monitor.needed']);
    const rest = { owner: 'base', prune: true, monitors: [asleep('lamp')] };
    for (const path of ['plan', 'apply'] as const) {
      const problem = await refused(path, rest);
      expect(problem).toMatchObject({ code: 'monitor.needed', detail: 'power is needed by light' });
      const monitors = [asleep('lamp', { dependsOn: ['power'] })];
      expect(await refused(path, { ...rest, monitors })).toMatchObject({
        code: 'input.invalid',
        errors: [{ pointer: '/monitors/0/dependsOn/0' }],
      });
    }
    await changes('apply', { owner: 'base', monitors: [light], takeOver: true });
    expect(await changes('apply', rest)).toEqual([
      ...['lamp unchanged base', 'light delete base', 'power delete base'],
    ]);
  });
});

describe('a monitor', () => {
  test('of another owner is refused by name, and left as it is', async () => {
    await changes('apply', { owner: 'first', monitors: [asleep('contested')] });
    const monitors = [asleep('mine'), asleep('contested', { name: 'Mine now' })];
    for (const path of ['plan', 'apply'] as const) {
      for (const owner of [undefined, 'second']) {
        const problem = await refused(path, { monitors, ...(owner && { owner }) });
        expect(problem).toMatchObject({ status: 409, code: 'monitor.owned' });
        expect(problem.errors).toMatchObject([{ pointer: '/monitors/1/id' }]);
        expect(problem.errors[0]?.detail).toContain('"first"');
        expect(problem.hint).toContain('--take-over');
      }
    }
    expect(await api.monitor('contested')).toMatchObject({ name: 'contested', owner: 'first' });
    expect(await sql.count('monitor', "id = 'mine'")).toBe(0);

    const taking = { owner: 'second', takeOver: true, monitors };
    const said = ['mine create -', 'contested update first'];
    expect(await changes('plan', taking)).toEqual(said);
    expect(await changes('apply', taking)).toEqual(said);
    expect(await ownedBy('second')).toEqual(['contested', 'mine']);
    const left = { owner: 'first', prune: true, monitors: [] };
    expect(await changes('apply', left)).toEqual([]);
  });

  test('that nobody has applied is adopted, with no new revision', async () => {
    await api.create('found', { enabled: false });
    const body = { owner: 'finder', monitors: [asleep('found')] };
    expect(await changes('plan', body)).toEqual(['found unchanged -']);
    expect(await changes('apply', body)).toEqual(['found unchanged -']);
    expect(await api.monitor('found')).toMatchObject({ owner: 'finder', revision: 1 });
    await api.create('found', { enabled: false, name: 'By hand' });
    expect(await changes('plan', body)).toEqual(['found update finder']);
  });

  test('that was deleted and is made again over the API is nobody’s', async () => {
    await changes('apply', { owner: 'past', monitors: [asleep('reborn')] });
    await api.call('DELETE', '/v1/monitors/reborn');
    await api.create('reborn', { enabled: false });
    expect((await api.monitor('reborn')).owner).toBeNull();
    expect(await changes('apply', { owner: 'past', prune: true, monitors: [] })).toEqual([]);
  });
});

test('two that prune under one name at a time: the later file is what stays', async () => {
  const file = (ids: readonly string[]) =>
    changes('apply', { owner: 'twins', prune: true, monitors: ids.map((id) => asleep(id)) });
  await Promise.all([file(['t-a', 't-b']), file(['t-b', 't-c']), file(['t-c', 't-a'])]);
  const there = await ownedBy('twins');
  expect([
    ['t-a', 't-b'],
    ['t-b', 't-c'],
    ['t-a', 't-c'],
  ]).toContainEqual(there);
});

test('what is in force, written as a person would, plans as unchanged: every kind', async () => {
  const inputs = [
    asleep('w-http', {
      http: { auth: { bearer: 'planted' }, headers: { 'x-k': { secret: 's' } } },
    }),
    { id: 'w-tcp', name: 'T', type: 'tcp', host: 'a.example', port: 1, enabled: false },
    { id: 'w-tls', name: 'S', type: 'tls', host: 'a.example', enabled: false },
    { id: 'w-dns', name: 'D', type: 'dns', host: 'a.example', enabled: false },
    { id: 'w-icmp', name: 'I', type: 'icmp', host: 'a.example', enabled: false },
    { id: 'w-grpc', name: 'G', type: 'grpc', host: 'a.example', enabled: false },
    { id: 'w-ws', name: 'W', type: 'websocket', url: 'wss://a.example/', enabled: false },
    { id: 'w-smtp', name: 'M', type: 'smtp', host: 'a.example', enabled: false },
    { id: 'w-job', name: 'J', type: 'heartbeat', heartbeat: { period: '1d' }, enabled: false },
  ];
  await changes('apply', { owner: 'kinds', monitors: inputs });
  const { data } = await api.get<List<MonitorResource>>('/v1/monitors?owner=kinds');
  const monitors = data.map((resource) => {
    const own = Object.keys(Monitor.properties);
    const entries = Object.entries(resource).filter(([name]) => own.includes(name));
    return writtenMonitor(Object.fromEntries(entries) as Monitor);
  });
  const planned = await changes('plan', { owner: 'kinds', prune: true, monitors });
  expect(planned).toEqual(data.map(({ id }) => `${id} unchanged kinds`));
  expect(planned).toHaveLength(inputs.length);
});
