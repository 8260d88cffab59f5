/** What the forms of the console send: as people write it, and as the server takes it. */
import { CheckInput, completeMonitor, monitorInputParser } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { checkOf } from '../src/editor/written.ts';
import {
  ASKED_KINDS,
  EMPTY,
  KINDS,
  applyDraft,
  checkOfDraft,
  cloneOf,
  draftOf,
  ofKind,
  usualPort,
} from '../src/model/draft.ts';

const taken = (written: unknown) => completeMonitor(monitorInputParser.parse(written));

describe('the editor', () => {
  const written = {
    ...{ id: 'shop', name: 'Shop', url: 'https://shop.example/', interval: '10s' },
    ...{ regions: ['eu-*'], assertions: ['status == 200'], slo: { target: 99.9, window: '7d' } },
    ...{ http: { method: 'HEAD' }, confirm: { rounds: 3 } },
  };

  test('keeps what its form does not show, and leaves out what is as usual', () => {
    const draft = draftOf(written);
    expect(applyDraft(written, draft)).toEqual(written);
    const changed = applyDraft(written, { ...draft, interval: '30s', quorum: '2', slo: '99.99' });
    expect(changed).toMatchObject({ quorum: 2, slo: { target: 99.99, window: '7d' } });
    expect('interval' in changed).toBe(false);
    expect(applyDraft(written, { ...draft, slo: '', regions: ' ' })).not.toHaveProperty('slo');
    const tcp = applyDraft(written, { ...draft, type: 'tcp', target: 'db.example', port: '5432' });
    expect(tcp).toMatchObject({ type: 'tcp', host: 'db.example', port: 5432 });
    expect('url' in tcp).toBe(false);
  });

  test('makes and changes a heartbeat, which has no target and no voters to choose', () => {
    const draft = { ...EMPTY, name: 'Backup', type: 'heartbeat', period: '1d' };
    const made = applyDraft(
      {},
      { ...draft, regions: 'eu-*', quorum: 'all', assertions: 'loss < 1' },
    );
    expect(made).toEqual({ name: 'Backup', type: 'heartbeat', heartbeat: { period: '1d' } });
    expect(taken(made).check).toMatchObject({ heartbeat: { periodMs: 86_400_000 } });
    const changed = applyDraft(made, { ...draftOf(made), grace: '2h' });
    expect(changed['heartbeat']).toEqual({ period: '1d', grace: '2h' });
    expect(draftOf(changed)).toMatchObject({ period: '1d', grace: '2h', target: '' });
    taken(changed);
    const asked = applyDraft(changed, {
      ...draftOf(changed),
      type: 'http',
      target: 'https://x.example',
    });
    expect(asked).toEqual({ name: 'Backup', url: 'https://x.example' });
  });

  test.each(KINDS)('makes what the server takes: %s', (type) => {
    const target =
      type === 'http'
        ? 'https://x.example'
        : type === 'websocket'
          ? 'wss://x.example'
          : 'x.example';
    const port = usualPort(type) === null ? '5432' : '';
    const draft = { ...EMPTY, name: 'It', type, target, port, period: '1h' };
    expect(taken(applyDraft({}, draft)).check.type).toBe(type);
    expect(ofKind(EMPTY, type).target).toBe(target.includes('://') ? 'https://' : '');
    expect(ofKind({ ...EMPTY, target: 'x' }, type)).toEqual({ type, target: 'x' });
  });

  test('asks once what a monitor would ask, and copies under another name', () => {
    expect(Object.keys(checkOf(written, null)).toSorted()).toEqual([
      'assertions',
      'http',
      'regions',
      'url',
    ]);
    expect(checkOf(written, 'shop')).toEqual({ ...checkOf(written, null), secretsOf: 'shop' });
    expect(cloneOf(written)).toMatchObject({ name: 'Shop (copy)', http: { method: 'HEAD' } });
    expect('id' in cloneOf(written)).toBe(false);
    expect(applyDraft({}, { ...EMPTY, name: 'x', target: 'https://x.example' })).toEqual({
      name: 'x',
      url: 'https://x.example',
    });
  });
});

test('a check that is run once is of any kind that can be asked, from the regions that are named', () => {
  const kinds = CheckInput.properties.type.enum;
  expect(ASKED_KINDS.map(([kind]) => kind).toSorted()).toEqual([...kinds].toSorted());
  const smtp = { ...EMPTY, type: 'smtp', target: 'mx.example', regions: 'eu-*, us-east' };
  expect(checkOfDraft({ ...smtp, assertions: 'latency < 1s' })).toEqual({
    ...{ type: 'smtp', host: 'mx.example', regions: ['eu-*', 'us-east'] },
    assertions: ['latency < 1s'],
  });
});
