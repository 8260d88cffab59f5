import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  type Identity,
  makeAuthority,
  makeCertificate,
  replyOnce,
  startHttpTarget,
  startRawTarget,
} from '@trustmonitor/testkit/targets';
import { describe, expect, it } from 'vitest';
import { startDnsServer } from './support/dns-server.ts';
import { probeAt, using, wordFor } from './support/probing.ts';

const authority = makeAuthority();
const ca = authority.certificate;
const identity = makeCertificate({
  commonName: 'leaf',
  names: ['localhost', '127.0.0.1'],
  issuer: authority,
});

describe('http', () => {
  it('reports phases, addresses, head and content', async () => {
    const target = await using(
      startHttpTarget((_request, response) => {
        response
          .setHeader('content-type', 'text/plain')
          .setHeader('set-cookie', 'a=b')
          .end('hello');
      }),
    );
    const attempt = await probeAt({ url: `http://localhost:${target.port}/path?q=1` });
    expect(attempt).toMatchObject({
      outcome: 'up',
      failure: null,
      response: {
        address: '127.0.0.1',
        family: 4,
        httpVersion: '1.1',
        status: 200,
        headers: { 'content-type': 'text/plain' },
        bodyBytes: 5,
        bodySha256: createHash('sha256').update('hello').digest('hex'),
        redirects: [],
        tlsVersion: null,
      },
    });
    expect(attempt.response?.headers).not.toHaveProperty('set-cookie');
    const { resolveUs, connectUs, tlsUs, processingUs, transferUs, totalUs } = attempt.phases;
    expect(tlsUs).toBeNull();
    const sum = resolveUs! + connectUs! + processingUs! + transferUs!;
    expect(sum).toBeLessThanOrEqual(totalUs);
    expect(Object.values(attempt.phases).every((us) => us === null || Number.isInteger(us))).toBe(
      true,
    );
  });

  it('sends method, headers, body, credentials and traceparent, on a connection of its own', async () => {
    const seen: unknown[] = [];
    const target = await using(
      startHttpTarget((request, response) => {
        request.on('data', (data: Buffer) => {
          const { method, url, headers } = request;
          seen.push({ method, url, headers, body: data.toString() });
        });
        request.on('end', () => response.end());
      }),
    );
    const monitored = {
      url: `http://us%20er:pass%3Aword@127.0.0.1:${target.port}/a?b=c`,
      http: { method: 'POST', headers: { 'X-Own': 'one' }, body: '{"ä":1}' },
    } as const;
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await probeAt(monitored, { traceparent });
    await probeAt(monitored, { traceparent });
    expect(target.connections).toBe(2);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/a?b=c',
      body: '{"ä":1}',
      headers: {
        'x-own': 'one',
        traceparent,
        authorization: `Basic ${Buffer.from('us er:pass:word').toString('base64')}`,
        'content-length': '8',
        connection: 'close',
      },
    });
  });

  it('follows redirects as browsers do, and keeps secrets at home', async () => {
    const met: unknown[] = [];
    const away = await using(
      startHttpTarget((request, response) => {
        met.push([
          'away',
          request.method,
          request.headers.authorization,
          request.headers['x-api-key'],
          request.headers['x-own'],
        ]);
        response.end('there');
      }),
    );
    const home = await using(
      startHttpTarget((request, response) => {
        met.push(['home', request.method, request.headers.authorization]);
        const location =
          request.url === '/' ? '/next?token=secret#x' : `http://127.0.0.1:${away.port}/end`;
        response.writeHead(request.url === '/' ? 307 : 303, { location }).end();
      }),
    );
    const attempt = await probeAt({
      url: `${home.url}/`,
      http: {
        method: 'POST',
        body: 'x',
        auth: { bearer: 'tokentoken' },
        headers: { 'x-api-key': 'keykey', 'x-own': 'mine' },
      },
    });
    expect(attempt.outcome).toBe('up');
    expect(met).toEqual([
      ['home', 'POST', 'Bearer tokentoken'],
      ['home', 'POST', 'Bearer tokentoken'],
      ['away', 'GET', undefined, undefined, 'mine'],
    ]);
    expect(attempt.response?.redirects).toEqual([
      `${home.url}/next`,
      `http://127.0.0.1:${away.port}/end`,
    ]);
  });

  it('does not take a secret body to another origin', async () => {
    const away = await using(startHttpTarget());
    const home = await using(
      startHttpTarget((_request, response) =>
        response.writeHead(307, { location: away.url }).end(),
      ),
    );
    const attempt = await probeAt({
      url: home.url,
      http: { method: 'POST', body: { secret: 'hush' } },
    });
    expect(wordFor(attempt)).toBe('blocked_target');
    expect(away.connections).toBe(0);
  });

  it('reads what a server sends in single bytes', async () => {
    const answer =
      'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\n5\r\npedia\r\n0\r\ntrailer: t\r\n\r\n';
    const target = await using(
      startRawTarget((socket) => {
        socket.setNoDelay(true);
        socket.once('data', () => {
          let sent = 0;
          const next = (): void => {
            if (sent < answer.length) socket.write(answer.charAt(sent++), () => setImmediate(next));
          };
          next();
        });
      }),
    );
    const attempt = await probeAt({
      url: `http://127.0.0.1:${target.port}/`,
      assertions: ['body == "wikipedia"'],
    });
    expect(attempt.failure).toBeNull();
  });

  it('reads content without a length up to the end, and none after HEAD, 204 and 304', async () => {
    const open = await using(startRawTarget(replyOnce('HTTP/1.0 200 OK\r\n\r\nto the end')));
    expect(await probeAt({ url: `http://127.0.0.1:${open.port}/` })).toMatchObject({
      outcome: 'up',
      response: { httpVersion: '1.0', bodyBytes: 10 },
    });
    const head = await using(
      startRawTarget((socket) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n')),
      ),
    );
    expect(
      wordFor(await probeAt({ url: `http://127.0.0.1:${head.port}/`, http: { method: 'HEAD' } })),
    ).toBe('up');
    for (const status of ['204 No Content', '304 Not Modified']) {
      const none = await using(
        startRawTarget((socket) =>
          socket.once('data', () =>
            socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 10\r\n\r\n`),
          ),
        ),
      );
      expect(wordFor(await probeAt({ url: `http://127.0.0.1:${none.port}/` }))).toBe('up');
    }
  });

  it('decompresses for assertions, size and digest', async () => {
    const target = await using(
      startHttpTarget((_request, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync('unpacked')),
      ),
    );
    const digest = createHash('sha256').update('unpacked').digest('hex');
    const assertions = ['body == "unpacked"', 'size == 8', `sha256 == ${digest}`];
    expect((await probeAt({ url: target.url, assertions })).failure).toBeNull();
  });

  it('chooses the address family that is asked for', async () => {
    const target = await using(startHttpTarget());
    const server = await using(
      startDnsServer(({ name, type }) => ({
        answers:
          type === 'A'
            ? [{ type: 'A', name, data: '127.0.0.1' }]
            : [{ type: 'AAAA', name, data: '::1' }],
      })),
    );
    const at = (ipFamily: 'any' | 'ipv4' | 'ipv6') =>
      probeAt(
        { url: `http://both.test:${target.port}/`, http: { ipFamily } },
        { resolver: { servers: [server.address] } },
      );
    expect((await at('any')).response).toMatchObject({
      address: '127.0.0.1',
      addresses: expect.arrayContaining(['127.0.0.1']),
    });
    expect((await at('ipv4')).response).toMatchObject({ family: 4, addresses: ['127.0.0.1'] });
    expect((await at('ipv6')).response).toMatchObject({ family: 6, address: '::1' });
  });

  it('does not wait for a family whose answer never comes', async () => {
    const target = await using(startHttpTarget());
    const server = await using(
      startDnsServer(({ name, type }) =>
        type === 'A' ? { answers: [{ type: 'A', name, data: '127.0.0.1' }] } : null,
      ),
    );
    const attempt = await probeAt(
      { url: `http://half.test:${target.port}/` },
      { resolver: { servers: [server.address] } },
    );
    expect(attempt.outcome).toBe('up');
    expect(attempt.phases.resolveUs).toBeLessThan(900_000);
  });
});

describe('https', () => {
  const secureTarget = (
    options: { clientCa?: string; http2?: boolean } = {},
    leaf: Identity = identity,
  ) =>
    using(
      startHttpTarget((request, response) => response.end(request.httpVersion), {
        identity: leaf,
        ...options,
      }),
    );

  it('trusts a private authority, and reports the chain', async () => {
    const target = await secureTarget();
    const attempt = await probeAt({
      url: `https://localhost:${target.port}/`,
      http: { tls: { ca } },
      assertions: [
        'cert.daysLeft > 14',
        'tls.version >= "1.2"',
        'tls.cipher matches "AES|CHACHA"',
        'latency.tls < 5s',
      ],
    });
    expect(attempt.failure).toBeNull();
    expect(attempt.response).toMatchObject({ tlsVersion: 'TLSv1.3', tlsVerified: true });
    expect(attempt.response?.certificates.length).toBeGreaterThan(0);
    expect(attempt.phases.tlsUs).toBeGreaterThan(0);
  });

  it('says so when it was told not to verify', async () => {
    const target = await secureTarget();
    const attempt = await probeAt({
      url: `https://localhost:${target.port}/`,
      http: { tls: { verify: false } },
    });
    expect(attempt.outcome).toBe('up');
    expect(attempt.response?.tlsVerified).toBe(false);
  });

  it('shows a client certificate, and fails without', async () => {
    const clients = makeAuthority('Clients');
    const client = makeCertificate({ commonName: 'client', issuer: clients });
    const target = await secureTarget({ clientCa: clients.certificate });
    const url = `https://localhost:${target.port}/`;
    const shown = { certificate: client.certificate, key: client.key };
    expect(wordFor(await probeAt({ url, http: { tls: { ca, client: shown } } }))).toBe('up');
    expect(wordFor(await probeAt({ url, http: { tls: { ca } } }))).toBe('tls_handshake');
  });

  it('speaks HTTP/2 where it is asked to or may choose', async () => {
    const target = await secureTarget({ http2: true });
    const at = (version: '1.1' | '2' | 'auto') =>
      probeAt({
        url: `https://localhost:${target.port}/`,
        http: { version, tls: { ca } },
        assertions: [version === '1.1' ? 'body == "1.1"' : 'body == "2.0"'],
      });
    for (const version of ['1.1', '2', 'auto'] as const) {
      const attempt = await at(version);
      expect(attempt.failure, version).toBeNull();
      expect(attempt.response?.httpVersion).toBe(version === '1.1' ? '1.1' : '2');
      expect(attempt.phases.processingUs).toBeGreaterThan(0);
    }
  });

  it('types what goes wrong in HTTP/2', async () => {
    const target = await secureTarget({ http2: true });
    const at = () =>
      probeAt(
        { url: target.url, http: { version: '2', tls: { ca }, maxBodyBytes: 1_000 } },
        { withinMs: 500 },
      );
    target.handler = (_request, response) => response.end('x'.repeat(1_001));
    expect(wordFor(await at())).toBe('body_too_large');
    target.handler = (_request, response) => response.writeHead(503).end();
    expect(wordFor(await at())).toBe('server_error');
    target.handler = (_request, response) => response.destroy();
    expect(wordFor(await at())).toBe('read_reset');
    target.handler = (_request, response) => response.write('half');
    expect(wordFor(await at())).toBe('read_timeout');
    target.handler = (_request, response) => response.socket?.destroy();
    expect(wordFor(await at())).toBe('read_reset');
    target.handler = (_request, response) =>
      response.writeHead(200, { 'x-large': 'y'.repeat(100_000) }).end();
    expect(['protocol_error', 'read_reset']).toContain(wordFor(await at()));
  });

  it('does not take less than HTTP/2 for HTTP/2', async () => {
    const target = await secureTarget();
    const attempt = await probeAt({
      url: `https://localhost:${target.port}/`,
      http: { version: '2', tls: { ca } },
    });
    expect(['tls_handshake', 'protocol_error']).toContain(wordFor(attempt));
  });
});
