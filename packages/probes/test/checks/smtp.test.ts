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
        startTlsServer(
          identity,
          '220 hi\r\n',
          'STARTTLS',
          '220 go\r\n',
          '',
          '250-hi\r\n250 STARTTLS\r\n',
        ),
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
        await probeAt({ type: 'smtp', host: 'localhost', port: target.port }, { withinMs: 500 }),
      ),
    ).toBe(expected);
  });
});
