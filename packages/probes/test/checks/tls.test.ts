import { makeAuthority, makeCertificate, startTlsTarget } from '@trustmonitor/testkit/targets';
import { describe, expect, it } from 'vitest';
import { probeAt, using, wordFor } from '../support/probing.ts';

const authority = makeAuthority();
const ca = authority.certificate;
const identity = makeCertificate({ commonName: 'leaf', names: ['localhost'], issuer: authority });

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
