import {
  lineServer,
  makeAuthority,
  makeCertificate,
  startRawTarget,
} from '@trustmonitor/testkit/targets';
import { describe, expect, it } from 'vitest';
import { startTlsServer } from '../support/starttls-server.ts';
import { probeAt, using, wordFor } from '../support/probing.ts';

const authority = makeAuthority();
const identity = makeCertificate({ commonName: 'leaf', names: ['localhost'], issuer: authority });
const trusting = { ca: authority.certificate };

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
          { withinMs: 500 },
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
      startRawTarget(
        startTlsServer(identity, '* OK\r\n', 'a1 STARTTLS', 'a1 OK go\r\n', 'secure\r\n'),
      ),
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
