/** What the forms of the console send, held against what the server takes. */
import {
  ChannelInput,
  channelParser,
  completeMaintenance,
  completeSlo,
  maintenanceInputParser,
  publishChannel,
  sloInputParser,
  type Channel,
  type ChannelType,
  type SloResource,
} from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { channelOf, fieldsOf, textOfChannel, type ChannelText } from '../src/editor/channels.ts';
import { writtenSloOf } from '../src/editor/written.ts';
import { CHANNEL_KINDS } from '../src/model/channel-kinds.ts';
import { noWindow, recurrenceOf, windowOf } from '../src/model/quiet-time.ts';
import { ALL_MONITORS, namesOf, selectorOf } from '../src/model/selector.ts';

describe('a channel', () => {
  const key = 'a'.repeat(32);
  const typed: Readonly<Record<ChannelType, ChannelText>> = {
    webhook: { url: 'https://x.example/in', secrets: `whsec_${key} whsec_${'b'.repeat(32)}` },
    slack: { url: 'https://hooks.slack.example/x' },
    discord: { url: 'https://discord.example/x' },
    teams: { url: 'https://teams.example/x' },
    email: {
      ...{ host: 'mx.example', port: '2525', security: 'starttls' },
      ...{
        from: 'tm@x.example',
        to: 'a@x.example, b@x.example',
        username: 'ursula',
        password: 'hunter2',
      },
    },
    pagerduty: { routingKey: key },
    telegram: { botToken: `1:${key}`, chatId: '-100', threadId: '7' },
    opsgenie: { apiKey: key, tags: 'a, b' },
    ntfy: { topic: 'alerts', token: 'tk_1' },
    alertmanager: { url: 'http://am.example', labels: 'team=pay, tier=1', token: 'abc' },
    apprise: { url: 'http://apprise.example', urls: 'json://one json://two' },
  };

  test('can be of every kind that there is', () => {
    const kinds = ChannelInput.anyOf.map(({ properties }) => properties.type.const);
    expect(CHANNEL_KINDS.map(([kind]) => kind).toSorted()).toEqual(kinds.toSorted());
  });

  test.each(CHANNEL_KINDS)('%s: is made by the form, and changed without its secrets', (type) => {
    const input = channelParser.parse(channelOf(type, 'ops', typed[type]), 'it');
    const { channel, secrets } = publishChannel(input, () => '');
    const text = textOfChannel(channel);
    for (const value of Object.values(secrets)) expect(JSON.stringify(text)).not.toContain(value);
    const again = channelOf(type, 'ops', text, { channel, forgotten: new Set() });
    expect(again).toEqual(channel);
    channelParser.parse(again, 'it');
    // What has to be there is asked for first.
    const required = fieldsOf(type).map(({ isRequired }) => isRequired);
    expect(required).toEqual(required.toSorted((a, b) => Number(b) - Number(a)));
  });

  test('has its secrets replaced or forgotten, and its labels read', () => {
    const channel = {
      ...{ id: 'ops', type: 'ntfy', url: 'https://ntfy.example' },
      ...{ topic: { secretRef: 'topic' }, token: { secretRef: 'token' } },
    } as Channel;
    const text = { ...textOfChannel(channel), topic: 'other' };
    expect(channelOf('ntfy', 'ops', text, { channel, forgotten: new Set(['token']) })).toEqual({
      ...{ id: 'ops', type: 'ntfy', url: 'https://ntfy.example', topic: 'other' },
    });
    const labels = Object.fromEntries(fieldsOf('email').map(({ name, label }) => [name, label]));
    expect(labels).toMatchObject({ ca: 'CA (PEM)', from: 'From' });
    expect(fieldsOf('opsgenie').map(({ label }) => label)).toEqual(['API key', 'API URL', 'Tags']);
  });
});

test('a selection of monitors is read as it is shown, and what is no label is refused', () => {
  expect(selectorOf(ALL_MONITORS)).toEqual({});
  const text = { monitors: 'shop, api-*,', groups: 'Web', labels: 'team = pay,tier=1=2' };
  const selector = selectorOf(text);
  expect(selector).toEqual({
    ...{ monitors: ['shop', 'api-*'], groups: ['Web'], labels: { team: 'pay', tier: '1=2' } },
  });
  expect(namesOf(selector)).toBe('shop, api-*, group Web, team=pay, tier=1=2');
  expect(namesOf({})).toBe('all monitors');
  expect(() => selectorOf({ ...text, labels: 'team' })).toThrow('“team” has no value');
});

describe('a window of maintenance', () => {
  const text = { ...noWindow('Europe/Berlin'), id: 'upgrade', reason: 'upgrade' };
  const taken = (input: unknown) => completeMaintenance(maintenanceInputParser.parse(input));

  test('comes once, or again and again, with a say about uptime', () => {
    const once = { ...text, from: '2026-11-21T10:00', until: '2026-11-21T12:00', groups: 'Web' };
    expect(taken(windowOf({ ...once, cron: 'left over' }))).toMatchObject({
      ...{ selector: { groups: ['Web'] }, uptime: 'excluded' },
      schedule: { from: new Date(2026, 10, 21, 10).toISOString() },
    });
    const cron = { ...text, schedule: 'cron', cron: '0 3 * * 0', duration: '2h' } as const;
    const window = taken(windowOf({ ...cron, from: once.from, uptime: 'counted' }));
    expect(window).toMatchObject({ schedule: { timezone: 'Europe/Berlin' }, uptime: 'counted' });
    expect(recurrenceOf(window)).toBe('0 3 * * 0 (Europe/Berlin), for 2 h');
  });
});

test('an objective is written to be changed as it was given', () => {
  const given = {
    ...{ id: 'checkout', name: 'Checkout', selector: { groups: ['Web'] }, target: 99.9 },
    ...{ window: '7d', alerts: [{ notify: 'ops' }] },
  };
  const slo = completeSlo(sloInputParser.parse(given)) as unknown as SloResource;
  expect(writtenSloOf(slo)).toEqual(given);
});
