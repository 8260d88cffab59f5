/** Every kind as people write it, what becomes of it, and what is refused. */
import { describe, expect, it } from 'vitest';
import { targetOf } from '../src/check.ts';
import { isTrustMonitorError } from '../src/errors.ts';
import { monitorParser } from '../src/monitor.ts';
import {
  completeMonitor,
  completeMonitorWithSecrets,
  type MonitorInput,
  monitorInputParser,
} from '../src/monitor-input.ts';

type Written = Omit<MonitorInput, 'name'>;
const written = (input: Written): MonitorInput => ({ name: 'Test', ...input });

const KINDS: readonly [Written, target: string][] = [
  [{ url: 'https://a.test/x' }, 'https://a.test/x'],
  [{ type: 'tcp', host: 'a.test', port: 5432 }, 'tcp://a.test:5432'],
  [{ type: 'tls', host: 'a.test' }, 'tls://a.test:443'],
  [{ type: 'tls', host: '[2001:db8::1]', port: 8443 }, 'tls://[2001:db8::1]:8443'],
  [
    { type: 'dns', host: 'a.test', dns: { server: '9.9.9.9', recordType: 'MX' } },
    'dns:a.test?type=MX',
  ],
  [{ type: 'icmp', host: 'a.test' }, 'icmp://a.test'],
  [{ type: 'grpc', host: 'a.test', port: 50051, grpc: { tls: false } }, 'grpc://a.test:50051'],
  [{ type: 'websocket', url: 'wss://a.test/ws' }, 'wss://a.test/ws'],
  [{ type: 'smtp', host: 'mail.test', smtp: { security: 'starttls' } }, 'smtp://mail.test:587'],
  [{ type: 'heartbeat', heartbeat: { period: '1h' } }, 'heartbeat every 3600s'],
];

describe('a monitor of each kind', () => {
  it.each(KINDS)('%j', (input, target) => {
    const monitor = completeMonitor(monitorInputParser.parse(written(input)));
    expect(monitorParser.parse(monitor)).toBe(monitor);
    expect(targetOf(monitor.check)).toBe(target);
    expect(monitor.check.type).toBe(input.type ?? 'http');
  });

  it.each<[Written, string]>([
    [{}, '/url'],
    [{ url: 'ftp://a' }, '/url'],
    [{ url: 'https://a', host: 'a' }, '/host'],
    [{ type: 'tcp', host: 'a' }, '/port'],
    [{ type: 'tcp', url: 'tcp://a:1' }, '/url'],
    [{ type: 'dns', host: 'a', port: 53 }, '/port'],
    [{ type: 'websocket', url: 'https://a' }, '/url'],
    [{ type: 'websocket', url: 'wss://u:p@a/' }, '/url'],
    [{ type: 'grpc', host: 'a', grpc: { tls: false } }, '/port'],
    [{ type: 'heartbeat' }, '/heartbeat'],
    [{ type: 'heartbeat', url: 'https://a', heartbeat: { period: '1h' } }, '/url'],
    [{ type: 'heartbeat', heartbeat: { period: '0s' } }, '/heartbeat/period'],
    [{ type: 'heartbeat', heartbeat: { period: '401d' } }, '/heartbeat/period'],
    [{ type: 'heartbeat', heartbeat: { period: '1d', grace: '401d' } }, '/heartbeat/grace'],
    [{ type: 'heartbeat', heartbeat: { period: '1d' }, regions: ['eu-*'] }, '/regions'],
    [{ type: 'heartbeat', heartbeat: { period: '1d' }, quorum: 2 }, '/quorum'],
    [{ type: 'tls', host: 'a', http: {} }, '/http'],
    [
      { type: 'tls', host: 'a', assertions: ['cert.daysLeft > 1', 'status == 200'] },
      '/assertions/1',
    ],
    [{ type: 'tcp', host: 'a', port: 1, expected_status: 200 }, '/expected_status'],
    [{ url: 'https://a', http: { headers: { 'x y': 'z' } } }, '/http/headers/x y'],
    [{ url: 'https://a', http: { headers: { x: 'a\r\nb: c' } } }, '/http/headers/x'],
    [{ url: 'https://a', http: { headers: { x: { secret: 'a\nb' } } } }, '/http/headers/x'],
    [{ url: 'https://u:p%zz@a' }, '/url'],
  ])('refuses %j at %s', (input, pointer) => {
    expect(() => completeMonitor(monitorInputParser.parse(written(input)))).toThrow(
      expect.toSatisfy((error) => isTrustMonitorError(error) && error.where === pointer),
    );
  });

  it('takes from the defaults only the assertions that fit its kind', () => {
    const defaults = { assertions: ['status == 200', 'latency < 1s', 'cert.daysLeft > 14'] };
    const { check } = completeMonitor(written({ type: 'tls', host: 'a.test' }), defaults);
    expect(check.assertions.map(({ subject }) => subject)).toEqual(['latency', 'cert.daysLeft']);
  });
});

describe('secrets', () => {
  it.each(['Authorization', 'cookie', 'Proxy-Authorization', 'X-API-Key'])(
    'hides a plain %s',
    (name) => {
      const input = written({
        url: 'https://a.test',
        http: { headers: { [name]: 'hush', 'x-open': 'open' } },
      });
      const { monitor, secrets } = completeMonitorWithSecrets(input);
      const ref = `http.headers.${name.toLowerCase()}`;
      expect(secrets).toEqual({ [ref]: 'hush' });
      expect(monitor.check).toMatchObject({
        http: { headers: { [name.toLowerCase()]: { secretRef: ref }, 'x-open': 'open' } },
      });
      expect(JSON.stringify(completeMonitor(input))).not.toContain('hush');
    },
  );

  it('takes credentials out of the URL', () => {
    const { monitor, secrets } = completeMonitorWithSecrets(
      written({ url: 'https://us%40er:p%3Ass@a.test/x' }),
    );
    expect(monitor.check).toMatchObject({
      url: 'https://a.test/x',
      http: {
        auth: { scheme: 'basic', username: 'us@er', password: { secretRef: 'http.auth.password' } },
      },
    });
    expect(secrets).toEqual({ 'http.auth.password': 'p:ss' });
  });

  it('takes credentials out of the query of a URL, and keeps the rest as it is', () => {
    const url = 'https://a.test/x?b=%20&Api_Key=h%2Bsh&a=1&token=#part';
    const query = { 'te nant': { secret: 'quiet' } };
    const { monitor, secrets } = completeMonitorWithSecrets(written({ url, http: { query } }));
    expect(monitor.check).toMatchObject({
      url: 'https://a.test/x?b=%20&a=1&token=#part',
      http: {
        query: {
          Api_Key: { secretRef: 'http.query.Api_Key' },
          'te nant': { secretRef: 'http.query.te%20nant' },
        },
      },
    });
    expect(secrets).toEqual({ 'http.query.Api_Key': 'h+sh', 'http.query.te%20nant': 'quiet' });
    const alone = completeMonitor(written({ url: 'https://a.test/?key=hush' }));
    expect(targetOf(alone.check)).toBe('https://a.test/');
    const plain = completeMonitor(written({ url: 'https://a.test/?q=1' }));
    expect(JSON.stringify(plain)).not.toContain('query');
    for (const refused of ['https://a.test/?key=a&key=b', 'https://a.test/?a=%zz']) {
      expect(() => completeMonitor(written({ url: refused }))).toThrow('/url');
    }
    const socket = { type: 'websocket', url: 'wss://a.test/?token=hush' } as const;
    expect(() => completeMonitor(written(socket))).toThrow('give it as a header');
  });

  it('gives the same definition for another value, and leaves references alone', () => {
    const at = (authorization: string | { secretRef: string }) =>
      completeMonitorWithSecrets(
        written({ url: 'https://a.test', http: { headers: { authorization } } }),
      );
    const first = at('one');
    expect(at('two').monitor).toEqual(first.monitor);
    const again = at({ secretRef: 'http.headers.authorization' });
    expect(again.monitor).toEqual(first.monitor);
    expect(again.secrets).toEqual({});
  });

  it('hides keys, scripts and messages that are marked', () => {
    const client = { certificate: '-----BEGIN CERTIFICATE-----', key: 'PRIVATE' };
    const tcp = { implicitTls: true, tls: { client }, script: [{ send: { secret: 'LOGIN' } }] };
    const { monitor, secrets } = completeMonitorWithSecrets(
      written({ type: 'tcp', host: 'a', port: 1, tcp }),
    );
    expect(secrets).toEqual({ 'tcp.tls.client.key': 'PRIVATE', 'tcp.script.0.send': 'LOGIN' });
    expect(JSON.stringify(monitor)).not.toMatch(/PRIVATE|LOGIN/);
  });
});
