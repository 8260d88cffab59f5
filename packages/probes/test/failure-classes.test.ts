/** Every failure class, from a real server or socket that causes it. */
import { FAILURE_CLASSES, type FailureClass } from '@trustmonitor/protocol';
import {
  freePort,
  type Identity,
  makeAuthority,
  makeCertificate,
  replyOnce,
  startFullTarget,
  startHttpTarget,
  startRawTarget,
  startTlsTarget,
} from '@trustmonitor/testkit/targets';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../src/index.ts';
import type { Attempt } from '../src/index.ts';
import { type Responder, startDnsServer } from './support/dns-server.ts';
import { type Monitored, type Options, probeAt, using } from './support/probing.ts';

const STALL_MS = 500;

interface Case {
  readonly what: string;
  readonly expected: FailureClass;
  readonly attribution?: string;
  readonly run: () => Promise<Attempt>;
}

const authority = makeAuthority();

function dns(respond: Responder, url = 'http://monitored.test/'): () => Promise<Attempt> {
  return async () => {
    const server = await using(startDnsServer(respond));
    return probeAt({ url }, { withinMs: STALL_MS, resolver: { servers: [server.address] } });
  };
}

function raw(
  answer: string | Parameters<typeof startRawTarget>[0],
  more: Partial<Monitored> = {},
  options: Options = {},
) {
  return async () => {
    const behave = typeof answer === 'string' ? replyOnce(answer) : answer;
    const target = await using(startRawTarget(behave));
    return probeAt({ url: `http://127.0.0.1:${target.port}/`, ...more }, options);
  };
}

function secure(identity: Identity, ca: string | null = authority.certificate, host = 'localhost') {
  return async () => {
    const target = await using(startTlsTarget(identity));
    return probeAt({ type: 'tls', host, port: target.port, ...(ca !== null && { tls: { ca } }) });
  };
}

function leaf(options: Partial<Parameters<typeof makeCertificate>[0]> = {}): Identity {
  return makeCertificate({
    commonName: 'leaf',
    names: ['localhost'],
    issuer: authority,
    ...options,
  });
}

const OK = 'HTTP/1.1 200 OK\r\n';

const CASES: readonly Case[] = [
  {
    what: 'NXDOMAIN',
    expected: 'dns_nxdomain',
    attribution: 'resolver',
    run: dns(() => ({ rcode: 3 })),
  },
  {
    what: 'a name server that is silent',
    expected: 'dns_timeout',
    attribution: 'resolver',
    run: dns(() => null),
  },
  {
    what: 'SERVFAIL',
    expected: 'dns_failure',
    attribution: 'resolver',
    run: dns(() => ({ rcode: 2 })),
  },
  { what: 'REFUSED', expected: 'dns_failure', run: dns(() => ({ rcode: 5 })) },
  { what: 'a name without addresses', expected: 'dns_failure', run: dns(() => ({})) },
  {
    what: 'a port where nothing listens',
    expected: 'connect_refused',
    run: async () => probeAt({ url: `http://127.0.0.1:${await freePort()}/` }),
  },
  {
    what: 'a listener whose queue is full',
    expected: 'connect_timeout',
    run: async () => {
      const target = await using(startFullTarget());
      return probeAt({ type: 'tcp', host: target.host, port: target.port }, { withinMs: STALL_MS });
    },
  },
  {
    what: 'a reset in the TLS handshake',
    expected: 'connect_reset',
    run: async () => {
      const target = await using(
        startRawTarget((socket) => socket.once('data', () => socket.resetAndDestroy())),
      );
      return probeAt({ type: 'tls', host: '127.0.0.1', port: target.port });
    },
  },
  {
    what: 'an orderly close in the TLS handshake',
    expected: 'connect_reset',
    run: async () => {
      const target = await using(
        startRawTarget((socket) => socket.once('data', () => socket.end())),
      );
      return probeAt({ type: 'tls', host: '127.0.0.1', port: target.port });
    },
  },
  {
    what: 'an address to which this machine has no route',
    expected: 'connect_unreachable',
    attribution: 'network',
    run: () =>
      probeAt(
        { type: 'tcp', host: '255.255.255.255', port: 9 },
        { guard: createGuard({ allow: ['255.255.255.255'] }) },
      ),
  },
  {
    what: 'plain text instead of TLS',
    expected: 'tls_handshake',
    run: async () => {
      const target = await using(startRawTarget(replyOnce('HTTP/1.1 400 Bad Request\r\n\r\n')));
      return probeAt({ type: 'tls', host: '127.0.0.1', port: target.port });
    },
  },
  {
    what: 'half a TLS handshake',
    expected: 'tls_handshake',
    run: async () => {
      const target = await using(
        startRawTarget((socket) =>
          socket.once('data', () => socket.write(Buffer.from([22, 3, 3]))),
        ),
      );
      return probeAt({ type: 'tls', host: '127.0.0.1', port: target.port }, { withinMs: STALL_MS });
    },
  },
  {
    what: 'no common TLS version',
    expected: 'tls_handshake',
    run: async () => {
      const options = {
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const;
      const target = await using(startTlsTarget(leaf(), undefined, options));
      return probeAt({ type: 'tls', host: 'localhost', port: target.port });
    },
  },
  {
    what: 'an expired certificate',
    expected: 'tls_cert_expired',
    run: secure(leaf({ validFromDays: -90, validForDays: -1 })),
  },
  { what: 'an unknown issuer', expected: 'tls_cert_untrusted', run: secure(leaf(), null) },
  {
    what: 'a self-signed certificate',
    expected: 'tls_cert_untrusted',
    run: secure(makeCertificate({ commonName: 'self', names: ['localhost'] })),
  },
  {
    what: 'a certificate of the future',
    expected: 'tls_cert_untrusted',
    run: secure(leaf({ validFromDays: 2 })),
  },
  {
    what: 'a certificate for another name',
    expected: 'tls_hostname_mismatch',
    run: secure(leaf({ names: ['other.test'] })),
  },
  {
    what: 'an address that the certificate does not have',
    expected: 'tls_hostname_mismatch',
    run: secure(leaf(), undefined, '127.0.0.1'),
  },
  {
    what: 'silence after the request',
    expected: 'read_timeout',
    run: raw(() => undefined, {}, { withinMs: STALL_MS }),
  },
  {
    what: 'a stall in the middle of the content',
    expected: 'read_timeout',
    run: raw(
      (socket) => socket.once('data', () => socket.write(`${OK}content-length: 9\r\n\r\nabc`)),
      {},
      { withinMs: STALL_MS },
    ),
  },
  {
    what: 'a reset in the middle of the content',
    expected: 'read_reset',
    run: raw((socket) =>
      socket.once('data', () =>
        socket.write(`${OK}content-length: 9\r\n\r\nabc`, () =>
          setImmediate(() => socket.resetAndDestroy()),
        ),
      ),
    ),
  },
  {
    what: 'an early end of the content',
    expected: 'read_reset',
    run: raw(`${OK}content-length: 9\r\n\r\nabc`),
  },
  { what: 'garbage instead of HTTP', expected: 'protocol_error', run: raw('\x01\x02 nonsense') },
  {
    what: 'content over the limit',
    expected: 'body_too_large',
    run: raw(`${OK}content-length: 9\r\n\r\n123456789`, { http: { maxBodyBytes: 8 } }),
  },
  {
    what: 'a redirect to itself',
    expected: 'too_many_redirects',
    run: raw('HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n'),
  },
  {
    what: 'a 404',
    expected: 'client_error',
    run: raw('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'),
  },
  {
    what: 'a 503',
    expected: 'server_error',
    run: raw('HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n'),
  },
  {
    what: 'a redirect that is not followed',
    expected: 'status_unexpected',
    run: raw('HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n', {
      http: { followRedirects: false },
      assertions: ['status == 200'],
    }),
  },
  {
    what: 'the wrong content with a 200',
    expected: 'assertion_failed',
    run: raw(`${OK}content-length: 12\r\n\r\n{"ok":false}`, { assertions: ['json($.ok) == true'] }),
  },
  {
    what: 'an answer slower than asked',
    expected: 'latency_exceeded',
    run: raw(`${OK}content-length: 0\r\n\r\n`, { assertions: ['latency <= 0ms'] }),
  },
  {
    what: 'a certificate about to expire',
    expected: 'cert_expiring',
    run: async () => {
      const target = await using(startTlsTarget(leaf({ validForDays: 5 })));
      const tls = { ca: authority.certificate };
      return probeAt({
        type: 'tls',
        host: 'localhost',
        port: target.port,
        tls,
        assertions: ['cert.daysLeft > 14'],
      });
    },
  },
  {
    what: 'a deadline that has passed',
    expected: 'job_expired',
    run: raw('', {}, { withinMs: -1 }),
  },
  {
    what: 'an agent that stops',
    expected: 'job_expired',
    run: raw('', {}, { signal: AbortSignal.abort() }),
  },
  {
    what: 'a heartbeat given to an agent',
    expected: 'unsupported',
    run: () => probeAt({ type: 'heartbeat', heartbeat: { period: '1h' } }),
  },
  {
    what: 'a secret without a value',
    expected: 'internal_error',
    run: raw('', { http: { headers: { authorization: 'Bearer x' } } }, { secrets: {} }),
  },
  {
    what: 'an address on the inside',
    expected: 'blocked_target',
    run: raw(`${OK}\r\n`, {}, { guard: createGuard({ allow: [] }) }),
  },
];

/**
 * Found by the agent around the probe (its vitals), or by the coordinator, to which jobs report:
 * their own tests cover them.
 */
const NOT_OF_PROBES: readonly FailureClass[] = [
  'agent_offline',
  'agent_overloaded',
  'heartbeat_missed',
  'heartbeat_failed',
];

describe('failure classes', () => {
  it.each(CASES)('$what: $expected', async ({ run, expected, attribution }) => {
    const attempt = await run();
    expect(attempt.failure?.class, attempt.failure?.detail).toBe(expected);
    const { kind, attribution: usual } = FAILURE_CLASSES[expected];
    const fault = attribution ?? usual;
    expect(attempt.failure?.attribution).toBe(fault);
    const abstains = kind === 'own' || kind === 'policy' || fault === 'network';
    expect(attempt.outcome).toBe(abstains ? 'abstain' : 'down');
    expect(attempt.failure?.detail).toMatch(/\S/);
  });

  it('are all in the table', () => {
    const tested = new Set<string>([...CASES.map(({ expected }) => expected), ...NOT_OF_PROBES]);
    expect(Object.keys(FAILURE_CLASSES).filter((name) => !tested.has(name))).toEqual([]);
  });

  it('keeps what was seen before the failure', async () => {
    const target = await using(startTlsTarget(leaf({ names: ['other.test'] })));
    const attempt = await probeAt({
      type: 'tls',
      host: 'localhost',
      port: target.port,
      tls: { ca: authority.certificate },
    });
    expect(attempt.response).toMatchObject({
      address: '127.0.0.1',
      tlsVersion: 'TLSv1.3',
      tlsVerified: false,
      certificates: [{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, {}],
    });
    expect(attempt.phases.connectUs).toBeGreaterThan(0);
    expect(attempt.phases.tlsUs).toBeGreaterThan(0);
    expect(attempt.phases.processingUs).toBeNull();
  });

  it('never blames the target for a server that only this agent cannot reach', async () => {
    const target = await using(startHttpTarget());
    const attempt = await probeAt(
      { url: `http://[::ffff:7f00:1]:${target.port}/` },
      { guard: createGuard({ allow: [] }) },
    );
    expect(attempt.outcome).toBe('abstain');
    expect(target.connections).toBe(0);
  });
});
