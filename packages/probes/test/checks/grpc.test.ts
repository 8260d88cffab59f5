import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import {
  freePort,
  makeAuthority,
  makeCertificate,
  replyOnce,
  startRawTarget,
} from '@trustmonitor/testkit/targets';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeAt, using, wordFor } from '../support/probing.ts';

const authority = makeAuthority();
const identity = makeCertificate({ commonName: 'leaf', names: ['localhost'], issuer: authority });
const trusting = { ca: authority.certificate };

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
