/** No packet of an agent reaches an address it may not touch, however the address is written. */
import { startHttpTarget, startRawTarget, type Target } from '@trustmonitor/testkit/targets';
import { isTrustMonitorError } from '@trustmonitor/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from '../src/index.ts';
import { type Reply, startDnsServer } from './support/dns-server.ts';
import { FORBIDDEN_HOSTS, HOST_ONLY } from './support/forbidden-hosts.ts';
import { probeAt, using } from './support/probing.ts';

const NOTHING_ALLOWED = createGuard({ allow: [] });

describe('the guard', () => {
  let trap: Target;
  beforeAll(async () => {
    trap = await startRawTarget((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    );
  });
  afterAll(async () => {
    expect(trap.connections).toBe(0);
    await trap.close();
  });

  it('is tried with at least two hundred forms', () => {
    expect(new Set([...FORBIDDEN_HOSTS, ...HOST_ONLY]).size).toBeGreaterThanOrEqual(200);
  });

  it('lets none of them through', async () => {
    const through: string[] = [];
    for (const host of FORBIDDEN_HOSTS) {
      const attempt = await probeAt(
        { url: `http://${host}:${trap.port}/` },
        { guard: NOTHING_ALLOWED },
      );
      if (attempt.failure?.class !== 'blocked_target')
        through.push(`${host}: ${attempt.failure?.class}`);
      expect(attempt.phases.connectUs).toBeNull();
    }
    expect(through).toEqual([]);
    expect(trap.connections).toBe(0);
  });

  it.each(['tcp', 'tls', 'grpc', 'smtp', 'icmp'] as const)('guards %s too', async (type) => {
    for (const host of HOST_ONLY) {
      const port = type === 'icmp' ? {} : { port: trap.port };
      const attempt = await probeAt({ type, host, ...port }, { guard: NOTHING_ALLOWED });
      expect(attempt.failure?.class, host).toBe('blocked_target');
    }
    expect(trap.connections).toBe(0);
  });

  it('guards websocket, and the server of dns', async () => {
    const socket = await probeAt(
      { type: 'websocket', url: `ws://127.1:${trap.port}/` },
      { guard: NOTHING_ALLOWED },
    );
    expect(socket.failure?.class).toBe('blocked_target');
    const dns = { server: `127.0.0.1:${trap.port}`, transport: 'tcp' } as const;
    const query = await probeAt(
      { type: 'dns', host: 'example.com', dns },
      { guard: NOTHING_ALLOWED },
    );
    expect(query.failure?.class).toBe('blocked_target');
    expect(trap.connections).toBe(0);
  });

  it('guards what a name resolves to', async () => {
    for (const data of [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '0.0.0.0',
      '100.64.0.1',
      '192.168.1.1',
    ]) {
      const attempt = await probeVia(
        [{ answers: [{ type: 'A', name: 'inside.test', data }] }],
        `http://inside.test:${trap.port}/`,
      );
      expect(attempt.failure?.class, data).toBe('blocked_target');
    }
    for (const data of ['::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fd00:ec2::254', 'fe80::1']) {
      const attempt = await probeVia(
        [{ answers: [{ type: 'AAAA', name: 'inside.test', data }] }],
        `http://inside.test:${trap.port}/`,
        'ipv6',
      );
      expect(attempt.failure?.class, data).toBe('blocked_target');
    }
  });

  it('connects to the address it checked, whatever the name says the next time', async () => {
    // The first answer is permitted, the second (rebinding) would be the trap's.
    const outside = await using(startHttpTarget());
    const server = await using(
      startDnsServer(
        (() => {
          let asked = 0;
          return ({ name }) => {
            asked += 1;
            return {
              answers: [{ type: 'A', name, ttl: 0, data: asked === 1 ? '127.0.0.9' : '127.0.0.1' }],
            };
          };
        })(),
      ),
    );
    await probeAt(
      { url: `http://rebind.test:${outside.port}/`, http: { ipFamily: 'ipv4' } },
      { guard: createGuard({ allow: ['127.0.0.9'] }), resolver: { servers: [server.address] } },
    );
    expect(server.questions).toHaveLength(1);
    expect(outside.connections).toBe(0);
  });

  it('guards every hop of a redirect', async () => {
    const outside = await using(startHttpTarget());
    const guard = createGuard({ allow: ['go.test'] });
    const server = await using(
      startDnsServer(({ name }) => ({ answers: [{ type: 'A', name, data: '127.0.0.1' }] })),
    );
    const locations = [
      `http://127.0.0.1:${trap.port}/`,
      `http://localhost:${trap.port}/`,
      `http://0x7f.1:${trap.port}/`,
      `http://[::1]:${trap.port}/`,
      `http://[::ffff:7f00:1]:${trap.port}/`,
      `//127.0.0.1:${trap.port}/`,
      `http://other.test:${trap.port}/`,
      `https://127.0.0.1:${trap.port}/`,
      `http://go.test@127.0.0.1:${trap.port}/`,
      `http:\\\\127.0.0.1:${trap.port}/`,
      `http:/127.0.0.1:${trap.port}/x`,
      `\thttp://127.1:${trap.port}`,
    ];
    for (const location of locations) {
      outside.handler = (_request, response) => response.writeHead(302, { location }).end();
      const attempt = await probeAt(
        { url: `http://go.test:${outside.port}/` },
        { guard, resolver: { servers: [server.address], hostsFile: null } },
      );
      expect(['blocked_target', 'protocol_error', 'too_many_redirects'], location).toContain(
        attempt.failure?.class,
      );
    }
    for (const location of [
      'file:///etc/passwd',
      'gopher://127.0.0.1/',
      'javascript:1',
      'data:text/plain,x',
      'ftp://127.0.0.1/',
    ]) {
      outside.handler = (_request, response) => response.writeHead(302, { location }).end();
      const attempt = await probeAt(
        { url: `http://go.test:${outside.port}/` },
        { guard, resolver: { servers: [server.address], hostsFile: null } },
      );
      expect(attempt.failure?.class, location).toBe('protocol_error');
    }
    expect(trap.connections).toBe(0);
  });
});

describe('the allow-list', () => {
  const allowed = (allow: string[], address: string, host = 'h.test') =>
    createGuard({ allow }).refusal(address, host) === null;

  it.each([
    [[], '8.8.8.8', true],
    [[], '2606:4700::1111', true],
    [['10.0.0.0/8'], '10.1.2.3', true],
    [['10.0.0.0/8'], '11.0.0.1', true],
    [['10.0.0.0/8'], '172.16.0.1', false],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['127.0.0.1'], '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.2', false],
    [['::1'], '::1', true],
    [['fd00::/8'], 'fd12::1', true],
    [['fd00::/8'], 'fc00::1', false],
    // A NAT64 network that is allowed must not be a way to the inside.
    [['64:ff9b::/96'], '64:ff9b::8.8.8.8', true],
    [['64:ff9b::/96'], '64:ff9b::7f00:1', false],
    [['64:ff9b::/96', '127.0.0.0/8'], '64:ff9b::7f00:1', true],
    [['2002::/16'], '2002:a00:1::', false],
  ])('%j and %s: %s', (allow, address, expected) => {
    expect(allowed(allow, address)).toBe(expected);
  });

  it('takes names, and names below a name', () => {
    expect(allowed(['db.internal'], '10.0.0.1', 'db.internal')).toBe(true);
    expect(allowed(['db.internal'], '10.0.0.1', 'DB.internal.')).toBe(true);
    expect(allowed(['db.internal'], '10.0.0.1', 'x.db.internal')).toBe(false);
    expect(allowed(['*.internal'], '10.0.0.1', 'x.db.internal')).toBe(true);
    expect(allowed(['*.internal'], '10.0.0.1', 'internal')).toBe(false);
    expect(allowed(['*.internal'], '10.0.0.1', 'notinternal')).toBe(false);
  });

  it.each(['', 'not a name', '10.0.0.0/33', '1234', 'http://x', '*', 'a/8', '*.*'])(
    'refuses %j',
    (entry) => {
      expect(() => createGuard({ allow: [entry] })).toThrow(
        expect.toSatisfy((error) => isTrustMonitorError(error, 'config.invalid')),
      );
    },
  );
});

async function probeVia(
  replies: readonly Reply[],
  url: string,
  ipFamily: 'ipv4' | 'ipv6' = 'ipv4',
) {
  const server = await using(startDnsServer(() => replies[0] ?? null));
  return probeAt(
    { url, http: { ipFamily } },
    { guard: NOTHING_ALLOWED, resolver: { servers: [server.address] } },
  );
}
