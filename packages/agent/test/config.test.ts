import { TrustMonitorError } from '@trustmonitor/protocol';
import { describe, expect, test } from 'vitest';
import { AGENT_SETTINGS, readConfig, type Environment } from '../src/index.ts';

const NEEDED: Environment = {
  TM_NATS_URL: 'nats://broker:4222',
  TM_NETWORK: 'example',
  TM_REGION: 'eu-west',
  TM_AGENT: 'eu-west-1',
  TM_DATA_DIR: '/var/lib/trustmonitor',
};

function faultOf(env: Environment): TrustMonitorError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof TrustMonitorError) return error;
    throw error;
  }
  throw new Error('the settings were taken');
}

test('what must be given is enough, and the rest has defaults', () => {
  expect(readConfig(NEEDED)).toEqual({
    natsUrl: 'nats://broker:4222',
    apiUrl: null,
    network: 'example',
    region: 'eu-west',
    agent: 'eu-west-1',
    dataDirectory: '/var/lib/trustmonitor',
    allowTargets: [],
    logKey: null,
    tracesUrl: null,
    witnessAddress: null,
    metricsAddress: null,
    canaries: [],
    concurrency: 512,
    spoolMaxBytes: 268_435_456,
    loopDelayLimitMs: 250,
    logLevel: 'info',
  });
});

test('lists and numbers are read', () => {
  const config = readConfig({
    ...NEEDED,
    TM_ALLOW_TARGETS: '10.0.0.0/8, ::1/128,*.internal',
    TM_CANARIES: 'tcp://[2606:4700::1111]:53, https://example.com/up',
    TM_CONCURRENCY: '64',
  });
  expect(config.allowTargets).toEqual(['10.0.0.0/8', '::1/128', '*.internal']);
  expect(config.canaries).toEqual([
    { kind: 'tcp', host: '2606:4700::1111', port: 53 },
    { kind: 'http', url: 'https://example.com/up' },
  ]);
  expect(config.concurrency).toBe(64);
});

test('everything that is wrong is named at once', () => {
  const fault = faultOf({ TM_REGION: 'EU', TM_CONCURRENCY: 'many' });
  expect(fault.code).toBe('config.invalid');
  expect(fault.fields.map(({ pointer }) => pointer)).toEqual([
    'TM_NATS_URL',
    'TM_NETWORK',
    'TM_REGION',
    'TM_AGENT',
    'TM_DATA_DIR',
    'TM_CONCURRENCY',
  ]);
});

describe('is refused, by name:', () => {
  test.each([
    ['TM_NATS_URL', ''],
    ['TM_NATS_URL', 'broker:4222'],
    ['TM_NATS_URL', 'http://broker'],
    ['TM_NATS_URL', 'nats://user:secret@broker'],
    ['TM_NATS_URL', 'nats://a,,nats://b'],
    ['TM_NETWORK', 'Example'],
    ['TM_REGION', '-eu'],
    ['TM_AGENT', 'a'.repeat(64)],
    ['TM_AGENT', 'eu.1'],
    ['TM_AGENT', 'eu>'],
    ['TM_DATA_DIR', '  '],
    ['TM_ALLOW_TARGETS', '10.0.0.0/33'],
    ['TM_ALLOW_TARGETS', 'not a target'],
    ['TM_CANARIES', 'example.com:80'],
    ['TM_CANARIES', 'tcp://example.com'],
    ['TM_CANARIES', 'udp://example.com:53'],
    ['TM_CONCURRENCY', '0'],
    ['TM_CONCURRENCY', '1e3'],
    ['TM_CONCURRENCY', '-1'],
    ['TM_SPOOL_MAX_BYTES', '100'],
    ['TM_SPOOL_MAX_BYTES', '1GB'],
    ['TM_LOOP_DELAY_LIMIT_MS', '0'],
    ['TM_LOG_LEVEL', 'loud'],
  ])('%s=%s', (name, value) => {
    const fault = faultOf({ ...NEEDED, [name]: value });
    expect(fault.where).toBe(name);
    expect(fault.message).toContain(name);
    expect(fault.hint).toContain(name);
    expect(JSON.stringify(fault)).not.toContain('secret');
  });
});

test('every setting has a variable of its own and a sentence', () => {
  const settings = Object.values(AGENT_SETTINGS);
  expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
  for (const { name, what } of settings) {
    expect(name).toMatch(/^(?:TM|OTEL)_[A-Z_]+$/);
    expect(what).toMatch(/\.$/);
  }
});
