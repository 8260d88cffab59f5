/** Every kind but http: what it takes for up, and what its failures say. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import {
  freePort,
  lineServer,
  makeAuthority,
  makeCertificate,
  replyOnce,
  startRawTarget,
  startTlsTarget,
} from '@trustmonitor/testkit/targets';
import type { Answer } from 'dns-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { startDnsServer } from './support/dns-server.ts';
import { type Monitored, probeAt, using, wordFor } from './support/probing.ts';

const authority = makeAuthority();
const ca = authority.certificate;
const identity = makeCertificate({ commonName: 'leaf', names: ['localhost'], issuer: authority });
const trusting = { ca };

describe('tcp', () => {
  it('is up when it connects', async () => {
    const target = await using(startRawTarget(() => undefined));
    const attempt = await probeAt({ type: 'tcp', host: 'localhost', port: target.port });
    expect(attempt).toMatchObject({ outcome: 'up', response: { address: '127.0.0.1' } });
    expect(attempt.phases.connectUs).toBeGreaterThan(0);
  });

  it('holds a conversation', async () => {
    const target = await using(
      startRawTarget(
        lineServer('* OK IMAP ready\r\n', (line) => `${line.split(' ')[0]} OK done\r\n`),
      ),
    );
    const script = [{ expect: '^\\* OK' }, { send: 'a1 NOOP\r\n' }, { expect: 'a1 OK' }];
    const assertions = ['body contains "ready"', 'size > 20'];
    const attempt = await probeAt({
      type: 'tcp',
      host: 'localhost',
      port: target.port,
      tcp: { script },
      assertions,
    });
    expect(attempt.failure).toBeNull();
    expect(attempt.phases.processingUs).toBeGreaterThan(0);
  });

  it('says what came instead of what it expected', async () => {
    const target = await using(startRawTarget((socket) => socket.end('500 go away\r\n')));
    const attempt = await probeAt({
      type: 'tcp',
      host: 'localhost',
      port: target.port,
      tcp: { script: [{ expect: '^220' }] },
    });
    expect(attempt.failure).toMatchObject({ class: 'assertion_failed' });
    expect(attempt.failure?.detail).toContain('500 go away');
  });

  it('tells silence and a close from a wrong answer', async () => {
    const tcp = { script: [{ expect: 'x' }] };
    const silent = await using(startRawTarget(() => undefined));
    expect(
      wordFor(
        await probeAt(
          { type: 'tcp', host: 'localhost', port: silent.port, tcp },
          { withinMs: 200 },
        ),
      ),
    ).toBe('read_timeout');
    const closing = await using(startRawTarget((socket) => socket.end()));
    expect(
      wordFor(await probeAt({ type: 'tcp', host: 'localhost', port: closing.port, tcp })),
    ).toBe('read_reset');
  });

  it('changes to TLS on the way', async () => {
    const target = await using(
      startRawTarget(startTlsServer('* OK\r\n', 'a1 STARTTLS', 'a1 OK go\r\n', 'secure\r\n')),
    );
    const script = [
      { expect: 'OK' },
      { send: 'a1 STARTTLS\r\n' },
      { expect: 'a1 OK' },
      { startTls: true as const },
      { expect: 'secure' },
    ];
    const attempt = await probeAt({
      type: 'tcp',
      host: 'localhost',
      port: target.port,
      tcp: { script, tls: trusting },
      assertions: ['cert.daysLeft > 1'],
    });
    expect(attempt.failure).toBeNull();
    expect(attempt.response).toMatchObject({ tlsVerified: true });
  });

  it('refuses plain text that was slipped in before the handshake', async () => {
    const target = await using(
      startRawTarget(lineServer('', () => 'a1 OK go\r\na2 OK injected\r\n')),
    );
    const script = [
      { send: 'a1 STARTTLS\r\n' },
      { expect: '^a1 OK go' },
      { startTls: true as const },
    ];
    const attempt = await probeAt(
      { type: 'tcp', host: 'localhost', port: target.port, tcp: { script, tls: trusting } },
      { withinMs: 1_000 },
    );
    expect(['protocol_error', 'tls_handshake']).toContain(wordFor(attempt));
  });

  it('bounds what it reads', async () => {
    const target = await using(
      startRawTarget((socket) => {
        const pump = (): void => {
          while (!socket.destroyed && socket.write('x'.repeat(16_384)));
        };
        socket.on('drain', pump);
        pump();
      }),
    );
    const attempt = await probeAt({
      type: 'tcp',
      host: 'localhost',
      port: target.port,
      tcp: { script: [{ expect: 'never' }] },
    });
    expect(wordFor(attempt)).toBe('body_too_large');
  });
});

describe('tls', () => {
  it('reports chain, version and cipher', async () => {
    const target = await using(startTlsTarget(identity, undefined, { ALPNProtocols: ['h2'] }));
    const assertions = ['cert.daysLeft > 80', 'tls.version == "1.3"', 'tls.cipher contains "TLS_"'];
    const attempt = await probeAt({
      type: 'tls',
      host: 'localhost',
      port: target.port,
      tls: { ca, alpn: ['h2'] },
      assertions,
    });
    expect(attempt.failure).toBeNull();
    expect(attempt.response).toMatchObject({
      tlsVersion: 'TLSv1.3',
      tlsCipher: expect.any(String),
      tlsVerified: true,
    });
  });

  it('checks the name it is told to', async () => {
    const other = makeCertificate({ commonName: 'x', names: ['service.test'], issuer: authority });
    const target = await using(startTlsTarget(other));
    const named = {
      type: 'tls' as const,
      host: 'localhost',
      port: target.port,
      tls: { ca, serverName: 'service.test' },
    };
    expect(wordFor(await probeAt(named))).toBe('up');
  });
});

describe('dns', () => {
  const records: Record<string, Answer> = {
    A: { type: 'A', name: 'n.test', data: '192.0.2.7' },
    AAAA: { type: 'AAAA', name: 'n.test', data: '2001:db8::7' },
    CNAME: { type: 'CNAME', name: 'n.test', data: 'alias.test' },
    MX: { type: 'MX', name: 'n.test', data: { preference: 10, exchange: 'mail.test' } },
    TXT: { type: 'TXT', name: 'n.test', data: ['v=spf1 ', '-all'] },
    NS: { type: 'NS', name: 'n.test', data: 'ns.test' },
    SOA: {
      type: 'SOA',
      name: 'n.test',
      data: {
        mname: 'ns.test',
        rname: 'root.test',
        serial: 7,
        refresh: 1,
        retry: 2,
        expire: 3,
        minimum: 4,
      },
    },
    SRV: {
      type: 'SRV',
      name: 'n.test',
      data: { priority: 1, weight: 2, port: 443, target: 'srv.test' },
    },
    CAA: { type: 'CAA', name: 'n.test', data: { flags: 0, tag: 'issue', value: 'ca.test' } },
  };
  const presented: Record<string, string> = {
    A: '192.0.2.7',
    AAAA: '2001:db8::7',
    CNAME: 'alias.test',
    MX: '10 mail.test',
    TXT: 'v=spf1 -all',
    NS: 'ns.test',
    SOA: 'ns.test root.test 7 1 2 3 4',
    SRV: '1 2 443 srv.test',
    CAA: '0 issue "ca.test"',
  };
  const query = (
    server: string,
    more: Partial<Monitored['dns']> = {},
    rest: Partial<Monitored> = {},
  ): Monitored => ({
    type: 'dns',
    host: 'n.test',
    dns: { server, ...more },
    ...rest,
  });

  it.each(Object.keys(records))('asks for %s', async (type) => {
    const server = await using(startDnsServer(() => ({ answers: [records[type]!] })));
    const assertions = [
      `dns.answers contains ${JSON.stringify(presented[type])}`,
      'dns.count == 1',
      'dns.rcode == NOERROR',
    ];
    const attempt = await probeAt(
      query(server.address, { recordType: type as 'A' }, { assertions }),
    );
    expect(attempt.failure).toBeNull();
    expect(attempt.response?.dns).toMatchObject({
      transport: 'udp',
      authoritative: true,
      answers: [presented[type]],
    });
  });

  it('turns to TCP for a truncated answer, or when told to', async () => {
    const server = await using(
      startDnsServer((_question, transport) =>
        transport === 'udp' ? { truncated: true } : { answers: [records['A']!] },
      ),
    );
    for (const transport of ['auto', 'tcp'] as const) {
      const attempt = await probeAt(query(server.address, { transport }));
      expect(attempt.failure, transport).toBeNull();
      expect(attempt.response?.dns?.transport).toBe('tcp');
    }
  });

  it.each([
    [{ rcode: 3 }, 'dns_nxdomain'],
    [{ rcode: 2 }, 'dns_failure'],
    [{}, 'dns_failure'],
    [{ raw: Buffer.from('x') }, 'protocol_error'],
  ] as const)('%j is %s', async (reply, expected) => {
    const server = await using(startDnsServer(() => reply));
    expect(wordFor(await probeAt(query(server.address)))).toBe(expected);
  });

  it('can be asked to expect that a name does not exist', async () => {
    const server = await using(startDnsServer(() => ({ rcode: 3 })));
    expect(
      wordFor(await probeAt(query(server.address, {}, { assertions: ['dns.rcode == NXDOMAIN'] }))),
    ).toBe('up');
  });

  it('does not believe answers to other questions', async () => {
    const server = await using(startDnsServer(() => ({ answers: [records['A']!], foreign: true })));
    expect(wordFor(await probeAt(query(server.address), { withinMs: 200 }))).toBe('dns_timeout');
  });

  it('asks again when an answer is lost', async () => {
    let asked = 0;
    const server = await using(
      startDnsServer(() => (asked++ === 0 ? null : { answers: [records['A']!] })),
    );
    expect(wordFor(await probeAt(query(server.address)))).toBe('up');
    expect(asked).toBe(2);
  });

  it('notices a server that is not there', async () => {
    const server = `127.0.0.1:${await freePort()}`;
    expect(['connect_refused', 'dns_timeout']).toContain(
      wordFor(await probeAt(query(server), { withinMs: 300 })),
    );
    expect(wordFor(await probeAt(query(server, { transport: 'tcp' })))).toBe('connect_refused');
  });
});

describe('icmp', () => {
  /** No test can count on the right to ping: a script writes what `ping` would. */
  async function withPing(script: string | null): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'ping-'));
    if (script !== null) {
      await writeFile(join(folder, 'ping'), `#!/bin/sh\n${script}\n`);
      await chmod(join(folder, 'ping'), 0o755);
    }
    const path = process.env['PATH'];
    process.env['PATH'] = script === null ? folder : `${folder}:/usr/bin:/bin`;
    onTestFinished(async () => {
      process.env['PATH'] = path;
      await rm(folder, { recursive: true });
    });
  }
  const target = { type: 'icmp', host: '127.0.0.1', icmp: { count: 3 } } as const;

  it('counts replies and times', async () => {
    await withPing(
      'echo "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.500 ms"; echo "64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=1.50 ms"; exit 1',
    );
    const attempt = await probeAt({ ...target, assertions: ['loss <= 34%'] });
    expect(attempt.failure).toBeNull();
    expect(attempt.response?.icmp).toEqual({
      sent: 3,
      received: 2,
      minUs: 500,
      meanUs: 1_000,
      maxUs: 1_500,
    });
    expect(wordFor(await probeAt({ ...target, assertions: ['loss == 0%'] }))).toBe(
      'assertion_failed',
    );
  });

  it.each([
    [
      'echo "3 packets transmitted, 0 received, 100% packet loss"; exit 1',
      'connect_timeout',
      'down',
    ],
    [
      'echo "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable"; exit 1',
      'connect_unreachable',
      'down',
    ],
    ['echo "ping: connect: Network is unreachable" >&2; exit 2', 'connect_unreachable', 'abstain'],
    ['echo "ping: socket: Operation not permitted" >&2; exit 2', 'unsupported', 'abstain'],
    ['echo "ping: unrecognized option: i" >&2; exit 1', 'unsupported', 'abstain'],
    [null, 'unsupported', 'abstain'],
  ])('%s: %s', async (script, expected, outcome) => {
    await withPing(script);
    const attempt = await probeAt(target);
    expect(wordFor(attempt)).toBe(expected);
    expect(attempt.outcome).toBe(outcome);
  });

  it('takes what there is at the deadline', async () => {
    await withPing('echo "64 bytes from 127.0.0.1: time=1 ms"; exec sleep 60');
    expect(
      wordFor(await probeAt({ ...target, assertions: ['loss == 67%'] }, { withinMs: 500 })),
    ).toBe('up');
  });
});

describe('grpc', () => {
  const HEALTH: ServiceDefinition = {
    check: {
      path: '/grpc.health.v1.Health/Check',
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: Buffer) => value,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (value: Buffer) => value,
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  };
  async function startHealth(
    answer: Buffer | number,
    secure: boolean,
  ): Promise<{ port: number; asked: string[] }> {
    const asked: string[] = [];
    const server = new Server();
    server.addService(HEALTH, {
      check: (call: { request: Buffer }, reply: (error: object | null, value?: Buffer) => void) => {
        asked.push(call.request.toString('latin1'));
        if (typeof answer === 'number') reply({ code: answer, details: 'told so' });
        else reply(null, answer);
      },
    });
    const { certificate, key } = identity;
    const credentials = secure
      ? ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) },
        ])
      : ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    onTestFinished(() => server.forceShutdown());
    return { port, asked };
  }
  const SERVING = Buffer.from([8, 1]);

  it('is up when the service is serving', async () => {
    const { port, asked } = await startHealth(SERVING, false);
    const attempt = await probeAt({
      type: 'grpc',
      host: 'localhost',
      port,
      grpc: { tls: false, service: 'pay' },
    });
    expect(attempt.failure).toBeNull();
    expect(asked).toEqual(['\n\x03pay']);
    expect(attempt.response).toMatchObject({ address: '127.0.0.1', httpVersion: '2' });
    expect(attempt.phases.processingUs).toBeGreaterThan(0);
  });

  it('speaks TLS as every other kind', async () => {
    const { port } = await startHealth(SERVING, true);
    const attempt = await probeAt({
      type: 'grpc',
      host: 'localhost',
      port,
      grpc: { tls: trusting },
    });
    expect(attempt.failure).toBeNull();
    expect(attempt.response).toMatchObject({ tlsVerified: true, tlsVersion: 'TLSv1.3' });
    expect(attempt.phases.tlsUs).toBeGreaterThan(0);
    expect(wordFor(await probeAt({ type: 'grpc', host: 'localhost', port }))).toBe(
      'tls_cert_untrusted',
    );
    expect(
      wordFor(await probeAt({ type: 'grpc', host: '127.0.0.1', port, grpc: { tls: trusting } })),
    ).toBe('tls_hostname_mismatch');
  });

  it.each([
    [Buffer.from([8, 2]), 'status_unexpected'],
    [Buffer.alloc(0), 'status_unexpected'],
    [Buffer.from([9, 9, 9]), 'protocol_error'],
    [5, 'status_unexpected'],
    [12, 'status_unexpected'],
  ])('%j is %s', async (answer, expected) => {
    const { port } = await startHealth(answer, false);
    expect(
      wordFor(await probeAt({ type: 'grpc', host: 'localhost', port, grpc: { tls: false } })),
    ).toBe(expected);
  });

  it('tells what a connection came to', async () => {
    const at = (port: number, withinMs = 2_000) =>
      probeAt({ type: 'grpc', host: '127.0.0.1', port, grpc: { tls: false } }, { withinMs });
    expect(wordFor(await at(await freePort()))).toBe('connect_refused');
    const silent = await using(startRawTarget(() => undefined));
    expect(wordFor(await at(silent.port, 300))).toBe('read_timeout');
    const web = await using(startRawTarget(replyOnce('HTTP/1.1 400 Bad\r\n\r\n')));
    expect(['protocol_error', 'read_reset']).toContain(wordFor(await at(web.port)));
  });
});

describe('websocket', () => {
  async function startWebsocket(behave: (server: WebSocketServer) => void): Promise<string> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    behave(server);
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    const { port } = server.address() as { port: number };
    return `ws://localhost:${port}/feed`;
  }

  it('is up after the handshake, or the message it waits for', async () => {
    const url = await startWebsocket((server) =>
      server.on('connection', (socket) =>
        socket.on('message', (data: Buffer) => {
          socket.send('noise');
          socket.send(`{"echo":${data.toString()}}`);
        }),
      ),
    );
    const plain = await probeAt({ type: 'websocket', url });
    expect(plain).toMatchObject({ outcome: 'up', response: { status: 101 } });
    const websocket = { send: '[1]', expect: 'echo' };
    const attempt = await probeAt({
      type: 'websocket',
      url,
      websocket,
      assertions: ['json($.echo[0]) == 1'],
    });
    expect(attempt.failure).toBeNull();
  });

  it('types what goes wrong', async () => {
    const wrong = await startWebsocket((server) =>
      server.on('connection', (socket) => socket.send('other')),
    );
    const expecting = { type: 'websocket', url: wrong, websocket: { expect: '^hello' } } as const;
    expect(wordFor(await probeAt(expecting, { withinMs: 300 }))).toBe('assertion_failed');
    const large = await startWebsocket((server) =>
      server.on('connection', (socket) => socket.send('x'.repeat(100_000))),
    );
    expect(wordFor(await probeAt({ ...expecting, url: large }))).toBe('body_too_large');
    const web = await using(
      startRawTarget(replyOnce('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')),
    );
    expect(wordFor(await probeAt({ type: 'websocket', url: `ws://127.0.0.1:${web.port}/` }))).toBe(
      'client_error',
    );
    const garbage = await using(startRawTarget(replyOnce('garbage')));
    expect(
      wordFor(await probeAt({ type: 'websocket', url: `ws://127.0.0.1:${garbage.port}/` })),
    ).toBe('protocol_error');
    const silent = await using(startRawTarget(() => undefined));
    expect(
      wordFor(
        await probeAt(
          { type: 'websocket', url: `ws://127.0.0.1:${silent.port}/` },
          { withinMs: 200 },
        ),
      ),
    ).toBe('read_timeout');
  });
});

describe('smtp', () => {
  const mail = (offer: string) =>
    lineServer('220-mail.test\r\n220 ready\r\n', (line) =>
      line.startsWith('EHLO') ? `250-mail.test\r\n${offer}250 SIZE 1\r\n` : '221 bye\r\n',
    );

  it('is up after greeting and EHLO', async () => {
    const target = await using(startRawTarget(mail('')));
    const attempt = await probeAt({
      type: 'smtp',
      host: 'localhost',
      port: target.port,
      assertions: ['body contains "ready"'],
    });
    expect(attempt).toMatchObject({ outcome: 'up', response: { status: 250 } });
  });

  it('insists on STARTTLS where it is asked to', async () => {
    const without = await using(startRawTarget(mail('')));
    const smtp = { security: 'starttls', tls: trusting } as const;
    expect(
      wordFor(await probeAt({ type: 'smtp', host: 'localhost', port: without.port, smtp })),
    ).toBe('assertion_failed');
    const target = await using(
      startRawTarget(
        startTlsServer('220 hi\r\n', 'STARTTLS', '220 go\r\n', '', '250-hi\r\n250 STARTTLS\r\n'),
      ),
    );
    const attempt = await probeAt({ type: 'smtp', host: 'localhost', port: target.port, smtp });
    expect(attempt.failure).toBeNull();
    expect(attempt.response).toMatchObject({ tlsVerified: true });
  });

  it.each([
    ['421 too busy\r\n', 'status_unexpected'],
    ['SSH-2.0-x\r\n', 'protocol_error'],
    ['2', 'assertion_failed'],
  ])('%j is %s', async (greeting, expected) => {
    const target = await using(startRawTarget((socket) => socket.write(greeting)));
    expect(
      wordFor(
        await probeAt({ type: 'smtp', host: 'localhost', port: target.port }, { withinMs: 300 }),
      ),
    ).toBe(expected);
  });
});

/** A line server that changes to TLS when `command` comes, and then sends `first`. */
function startTlsServer(
  greeting: string,
  command: string,
  goAhead: string,
  first: string,
  reply = '',
) {
  const { certificate: cert, key } = identity;
  return lineServer(greeting, (line, socket) => {
    if (line !== command) return reply;
    socket.removeAllListeners('data');
    socket.write(goAhead);
    const secure = new tls.TLSSocket(socket, { isServer: true, cert, key });
    secure.on('error', () => undefined);
    secure.write(first);
    secure.on('data', () => secure.write(reply));
    return '';
  });
}
